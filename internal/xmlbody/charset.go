package xmlbody

import (
	"bytes"
	"fmt"
	"mime"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"finesse-conformance/internal/text"
)

// mediaCharset gives the charset that a Content-Type names, "" where it names none. Media types are
// compared without regard to case, as the guide itself writes Application/XML (DG12.5 p.29).
func mediaCharset(contentType string) (string, error) {
	media, params, err := mime.ParseMediaType(contentType)
	if media == "" && err != nil {
		return "", fmt.Errorf("Content-Type %s cannot be read: %w", quote(contentType), err)
	}
	if media != "application/xml" && media != "text/xml" {
		return "", fmt.Errorf("Content-Type is %s, expected application/xml", quote(contentType))
	}
	return params["charset"], nil
}

var (
	utf8Mark    = []byte{0xEF, 0xBB, 0xBF}
	utf16BEMark = []byte{0xFE, 0xFF}
	utf16LEMark = []byte{0xFF, 0xFE}

	// declaredEncoding reads the encoding of an XML declaration in a charset that agrees with ASCII.
	declaredEncoding = text.Pattern(`^<\?xml\s[^>]*?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']`)
)

// toUTF8 gives the body in UTF-8. As RFC 7303 has it, a byte order mark goes before the charset of the
// Content-Type, and that before the XML declaration.
func toUTF8(body []byte, charset string) ([]byte, error) {
	switch {
	case bytes.HasPrefix(body, utf8Mark):
		return body[len(utf8Mark):], nil
	case bytes.HasPrefix(body, utf16BEMark), bytes.HasPrefix(body, utf16LEMark):
		charset = "utf-16"
	case charset == "":
		if m := declaredEncoding().FindSubmatch(body); m != nil {
			charset = string(m[1])
		}
	}
	var from encoding.Encoding
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return body, nil
	case "iso-8859-1", "latin1":
		from = charmap.ISO8859_1
	case "iso-8859-15":
		from = charmap.ISO8859_15
	case "windows-1252", "cp1252":
		from = charmap.Windows1252
	case "utf-16", "utf-16be":
		from = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "utf-16le":
		from = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	default:
		return nil, fmt.Errorf("charset %s is not supported, expected UTF-8", quote(charset))
	}
	text, err := from.NewDecoder().Bytes(body)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", charset, err)
	}
	return text, nil
}
