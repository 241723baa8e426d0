#!/usr/bin/env python3
"""The smallest mock of Finesse's User API that is certified for the profile core.

    python3 mock.py 8080          serves http://127.0.0.1:8080, Unified CCE 12.5(1), two agents of one team

It serves SystemInfo and the User object, and answers every impossible request at once with the error that the guide has
for it. It has no reason codes, no calls, no supervisors and no notifications: what needs them is not exercised.
"""
import base64
import datetime
import sys
import threading
import xml.etree.ElementTree as ET
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

PASSWORDS = {"1001": "secret-1001", "1002": "secret-1002"}
STATES = {"LOGIN", "LOGOUT", "NOT_READY", "READY", "RESERVED", "RESERVED_OUTBOUND", "RESERVED_OUTBOUND_PREVIEW",
          "TALKING", "HOLD", "WORK", "WORK_READY", "UNKNOWN"}
lock = threading.Lock()
users = {id: {"state": "LOGOUT", "extension": "", "since": ""} for id in PASSWORDS}


class Refusal(Exception):
    def __init__(self, status, kind, data, message):
        self.status, self.kind, self.data, self.message = status, kind, data, message


def change(id, root):
    """Does what a User document asks of the user whose it is, or raises a Refusal."""
    user = users[id]
    if root.tag != "User":
        raise Refusal(400, "Bad Request", "", "the document is no User")
    wish = root.find("state")
    if wish is None or not (wish.text or "").strip():
        raise Refusal(400, "Parameter Missing", "state", "State Parameter missing")
    state = wish.text.strip()
    reason = root.findtext("reasonCodeId")
    if state not in STATES:
        raise Refusal(400, "Invalid Input", "state", "Invalid State specified for user")
    if state == "LOGIN":
        if root.find("mobileAgent") is not None:
            sign_in_as_mobile_agent(root.find("mobileAgent"))
        extension = root.findtext("extension")
        if extension is None:
            raise Refusal(400, "Parameter Missing", "extension", "Extension Parameter missing")
        if extension not in PASSWORDS:  # every agent has the extension that is its id
            raise Refusal(400, "Invalid Input", "extension", "no device has this extension")
        if any(other != id and u["extension"] == extension for other, u in users.items()):
            raise Refusal(400, "Device Busy", "extension", "another user has this extension")
        if user["state"] == "LOGOUT":  # who signs in again stays where it is
            enter(user, "NOT_READY")
        user["extension"] = extension
        return
    if state not in ("LOGOUT", "NOT_READY", "READY"):
        raise Refusal(400, "Invalid Input", "state", "Invalid State specified for user")
    if user["state"] == "LOGOUT" or state == "LOGOUT" and user["state"] != "NOT_READY":
        raise Refusal(400, "Invalid State", "", "the user is in " + user["state"])
    if state == "READY" and reason not in (None, "", "null"):
        raise Refusal(400, "Invalid Input", "finesse.api.reasoncode.not_allowed", "For this operation, Reason Codes are not allowed.")
    if state != "READY" and reason not in (None, "", "null"):
        raise Refusal(400, "Invalid Input", "finesse.api.reasoncode.not_valid", "The Reason Code specified in the request does not exist")
    enter(user, state)
    if state == "LOGOUT":
        user["extension"] = ""


def sign_in_as_mobile_agent(mobile):
    mode, number = mobile.findtext("mode"), mobile.findtext("dialNumber")
    if mode is None or number is None:
        raise Refusal(400, "Parameter Missing", "mode" if mode is None else "dialNumber", "Parameter missing")
    if mode not in ("CALL_BY_CALL", "NAILED_CONNECTION"):
        raise Refusal(400, "Invalid Input", "mode", "Invalid mode specified")
    raise Refusal(400, "Mode Not Allowed", "", "the agent is not configured as a mobile agent")


def enter(user, state):
    user["state"] = state
    user["since"] = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def user_document(id):
    u = users[id]
    return (f"<User><dialogs>/finesse/api/User/{id}/Dialogs</dialogs><extension>{u['extension']}</extension>"
            f"<firstName>Agent</firstName><lastName>{id}</lastName><loginId>{id}</loginId><loginName>{id}</loginName>"
            f"<mediaType>1</mediaType><pendingState></pendingState><roles><role>Agent</role></roles>"
            f"<settings><wrapUpOnIncoming>NOT_ALLOWED</wrapUpOnIncoming></settings><state>{u['state']}</state>"
            f"<stateChangeTime>{u['since']}</stateChangeTime><teamId>1</teamId><teamName>One</teamName>"
            f"<uri>/finesse/api/User/{id}</uri></User>")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.serve(lambda id, url: self.get(id, url))

    def do_PUT(self):
        self.serve(lambda id, url: self.put(id, url))

    def do_POST(self):
        self.serve(lambda id, url: self.refuse(405, "Bad Request", "", "not supported"))

    do_DELETE = do_POST

    def serve(self, answer):
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        with lock:
            try:
                if url.path == "/finesse/api/SystemInfo":
                    return self.send(200, "<SystemInfo><deploymentType>UCCE</deploymentType><status>IN_SERVICE</status></SystemInfo>")
                answer(self.signed_in(), url)
            except Refusal as r:
                self.refuse(r.status, r.kind, r.data, r.message)

    def signed_in(self):
        kind, _, coded = self.headers.get("Authorization", "").partition(" ")
        try:
            name, _, password = base64.b64decode(coded).decode().partition(":")
        except ValueError:
            name, password = "", ""
        if kind != "Basic" or name not in PASSWORDS or PASSWORDS[name] != password:
            raise Refusal(401, "Unauthorized", "", "The user is not authenticated")
        return name

    def whose(self, id, url):
        """The user whom a path is about, who has to be the one who asks."""
        parts = [unquote(p) for p in url.path.strip("/").split("/")]
        if parts[:3] != ["finesse", "api", "User"] or len(parts) < 4:
            if parts[:3] == ["finesse", "api", "Users"]:
                raise Refusal(401, "Unauthorized", "", "The user is not authorized to perform this operation")
            raise Refusal(404, "Not Found", "", "there is no such resource")
        if parts[3] not in users:
            raise Refusal(404, "User Not Found", parts[3], "UNKNOWN_USER")
        if parts[3] != id:
            raise Refusal(401, "Invalid Authorization User Specified", parts[3], "The user specified in the authentication credentials and the uri don't match")
        return parts[4:]

    def get(self, id, url):
        if self.whose(id, url):
            raise Refusal(404, "Not Found", "", "there is no such resource")
        self.send(200, user_document(id))

    def put(self, id, url):
        if self.whose(id, url):
            raise Refusal(404, "Not Found", "", "there is no such resource")
        if b"<!DOCTYPE" in self.body or not self.body:
            raise Refusal(400, "Bad Request", "", "no document")
        try:
            root = ET.fromstring(self.body)
        except ET.ParseError:
            raise Refusal(400, "Bad Request", "", "no well-formed XML")
        change(id, root)
        self.send(202, "")

    def refuse(self, status, kind, data, message):
        self.send(status, f"<ApiErrors><ApiError><ErrorType>{kind}</ErrorType><ErrorData>{escape(data)}</ErrorData>"
                          f"<ErrorMessage>{escape(message)}</ErrorMessage></ApiError></ApiErrors>")

    def send(self, status, body):
        body = body.encode()
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="mock"')
        if body:
            self.send_header("Content-Type", "application/xml;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # a client that goes away before it has its answer is none of ours


if __name__ == "__main__":
    server = Server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8080), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
