as() { # who: sets what is known of it
	eval "id=\${${1}_ID-} name=\$${1}_NAME word=\$${1}_PASSWORD extension=\${${1}_EXTENSION-}"
}
quoted() { printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"; }
get() { printf 'silent\ninsecure\nurl = "%s"\nuser = %s\n' "$BASE/finesse/api/$1" "$(quoted "$name:$word")" | curl -K -; }
requests= count=0
ask() { # method, address, type and text of the body, name and password: what send sends
	count=$((count + 1)) requests="$requests${requests:+
next
}silent
insecure
output = /dev/null
write-out = \"%{http_code} \"
request = $1
url = \"$2\"
header = \"Content-Type: application/$3\"
data = $(quoted "$4")${5:+
user = $(quoted "$5")
header = \"requestId: script-$$-$count\"}"
}
send() { # one right after another, or with --parallel at the same moment
	printf '%s\n' "$requests" | curl ${1:+--parallel --parallel-immediate} -sK -
	requests=
}
put() { # who, the state, the id of a reason code
	as "$1"
	if [ "$1" = SUPERVISOR ]; then id=$AGENT_ID; fi
	if [ "$2" != LOGIN ]; then extension=; fi
	ask PUT "$BASE/finesse/api/User/$id" xml "<User><state>$2</state>${extension:+<extension>$extension</extension>}${3:+<reasonCodeId>$3</reasonCodeId>}</User>" "$name:$word"
}
dialog() { # who, the action, for the call that it is on
	as "$1"
	call=$(get "User/$id/Dialogs" | sed -n 's|.*<id>\([^<]*\)</id>.*|\1|p' | head -n 1)
	ask PUT "$BASE/finesse/api/Dialog/$call" xml "<Dialog><requestedAction>$2</requestedAction><targetMediaAddress>$extension</targetMediaAddress></Dialog>" "$name:$word"
}
call() { # who, whom, who answers
	as "$2"
	to=$extension
	as "$1"
	ask POST "$BASE/finesse/api/User/$id/Dialogs" xml "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>$extension</fromAddress><toAddress>$to</toAddress></Dialog>" "$name:$word"
	send
	sleep 1
	dialog "$2" ANSWER
}
stimulus() { # what has to happen from outside
	if [ -n "${HOOK:-}" ]; then
		ask POST "$HOOK" json "{\"stimulus\": \"$1\", \"user\": \"$AGENT_ID\", \"extension\": \"$AGENT_EXTENSION\"}"
		return
	fi
	by_hand "$1"
}
by_hand() {
	if [ -n "$requests" ]; then send; fi
	printf 'make this happen, or wait for it, and press Enter: %s\n' "$1"
	read -r _
}
seen() { # of whom
	as "$1"
	get "User/$id" | sed -n 's|.*<state>\([^<]*\)</state>.*|\1|p'
}
state() {
	if [ -n "$requests" ]; then send "$@"; fi
	sleep "${WAIT:-3}"
	echo "-> $(seen AGENT)"
	if [ -n "${COLLEAGUE_ID:-}" ]; then echo "the colleague -> $(seen COLLEAGUE)"; fi
}
