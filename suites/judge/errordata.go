package judge

import (
	"fmt"
	"strings"

	"finesse-conformance/spec"
)

// wrapUpDataRequired is the number with which who has to give wrap-up data is
// kept in wrap-up (CTI Server Message Reference Guide 15.0(1)).
const wrapUpDataRequired = "280"

// ctiCodes are the numbers that stand as error data, as far as they are
// documented (CTI Server Message Reference Guide 15.0(1), Constants and Status
// Codes), beside those that the guide itself names.
var ctiCodes = map[string]string{
	"22": "CF_INVALID_OBJECT_STATE", "33": "CF_RESOURCE_BUSY", "34": "CF_RESOURCE_OUT_OF_SERVICE",
	"70": "CF_GENERIC_UNSPECIFIED_REJECTION", "71": "CF_GENERIC_OPERATION_REJECTION", "78": "CF_REQUEST_TIMEOUT_REJECTION",
	"256": "CF_INVALID_AGENT_ID_SPECIFIED", "257": "CF_INVALID_PASSWORD_SPECIFIED", "258": "CF_INVALID_AGENT_ID_OR_PASSWORD_SPECIFIED",
	"259": "CF_SPECIFIED_AGENT_ALREADY_SIGNED_ON", "260": "CF_INVALID_LOGON_DEVICE_SPECIFIED", "264": "CF_INVALID_TEAM_SPECIFIED",
	"265": "CF_INVALID_AGENT_WORKMODE", "266": "CF_INVALID_AGENT_REASON_CODE", "268": "CF_AGENT_NOT_PARTY_ON_CALL",
	wrapUpDataRequired: "CF_WRAPUP_DATA_REQUIRED", "281": "CF_REASON_CODE_REQUIRED", "283": "CF_SPECIFIED_EXTENSION_ALREADY_IN_USE",
	"287": "CF_DEVICE_RESTRICTED", "288": "CF_LINE_RESTRICTED", "289": "CF_AGENT_ACCOUNT_LOCKED_OUT",
	"291": "line limit", "292": "shared line", "293": "extension not unique",
	"1010": "CF_INVALID_PARAMETER",
}

// otherData tells the error data of a refusal that carries another documented
// number than the one that the outcome names, "" where it does not. What
// nobody documents is recorded.
func (c *stepJudge) otherData(out spec.Outcome, data string) string {
	want := out.Data[c.ev.Target.Deployment]
	data = strings.TrimSpace(data)
	meaning := ctiCodes[data]
	if out.Kind != spec.Refused || want == "" || data == want || meaning == "" {
		return ""
	}
	return fmt.Sprintf("error data %s (%s)", data, meaning)
}
