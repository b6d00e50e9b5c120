#!/usr/bin/env bash
# The whole story against a running service, with curl and a WebSocket client:
# register, authenticate, create a token, connect, revoke, see the socket close and the
# subscription deliver, replay the history, ask for the token as it was before.
#
#   cargo xtask run            # in another terminal
#   examples/story.sh [URL]    # where it listens: http://127.0.0.1:8080
#
# KEYLEDGER_DATA  its data folder, for the commands of an operator (data, beside this folder)
# KEYLEDGER       the binary (target/release/keyledger, else target/debug/keyledger)
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
url=${1:-http://127.0.0.1:8080}
data=${KEYLEDGER_DATA:-$root/data}
keyledger=${KEYLEDGER:-$root/target/release/keyledger}
[ -x "$keyledger" ] || keyledger=$root/target/debug/keyledger
sockets=ws${url#http}
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
fail() { printf '\nFAILED: %s\n' "$*" >&2; exit 1; }
# Prints a member of the JSON on stdin: `field data.viewer.user.id`.
field() {
  node -e '
    const text = require("fs").readFileSync(0, "utf8");
    const value = process.argv[1].split(".").reduce((value, name) => value?.[name], JSON.parse(text));
    if (value === undefined || value === null) { console.error(text); process.exit(1); }
    console.log(typeof value === "string" ? value : JSON.stringify(value));
  ' "$1"
}
post() {
  curl --silent --show-error --fail-with-body --dump-header "$work/headers" \
    -H 'Content-Type: application/json' -d "$2" "$url$1"
}
# Asks no earlier than what was written last: a read model may lag some milliseconds behind.
graphql() {
  curl --silent --show-error --fail-with-body -H 'Content-Type: application/json' \
    -H "Authorization: Bearer $access_token" -H "X-At-Least: $position" -d "$1" "$url/graphql"
}
# Waits for a line in what a client in the background prints.
await() {
  for _ in $(seq 100); do
    grep -q "$2" "$1" && { grep "$2" "$1" | head -n 1; return; }
    sleep 0.1
  done
  cat "$1" >&2
  fail "no line matches $2"
}

[ -d "$here/node_modules" ] || npm --prefix "$here" ci --silent --no-audit --no-fund

say "1. Register"
name=ada-$(date +%s)-$$ secret=correct-horse-battery-$$
user_key=$(post /register "{\"user_id\":\"$name\",\"user_secret\":\"$secret\"}" | field user_key)
position=$(sed -n 's/^x-position: *\([^[:space:]]*\).*/\1/ip' "$work/headers")
echo "$name has the user key $user_key"

say "2. Authenticate"
access_token=$(post /authenticate "{\"user_key\":\"$user_key\",\"user_secret\":\"$secret\"}" | field access_token)
viewer=$(graphql '{"query":"{ viewer { memberships { workspace { id plan } role permissions } } }"}')
echo "$viewer"
workspace=$(field data.viewer.memberships.0.workspace.id <<<"$viewer")
if [ "$(field data.viewer.memberships.0.workspace.plan <<<"$viewer")" = FREE ]; then
  echo "The plan FREE has no agent tokens, so the operator raises it:"
  "$keyledger" --data "$data" workspace set-plan "$workspace" pro
fi

say "3. Create an agent token: its secret is shown this once"
created=$(graphql "{\"query\":\"mutation { createToken(input: { workspaceId: \\\"$workspace\\\", name: \\\"laptop\\\" }) { secret agentToken { id hint createdAt } userErrors { code message } } }\"}")
token=$(field data.createToken.secret <<<"$created")
token_id=$(field data.createToken.agentToken.id <<<"$created")
created_at=$(field data.createToken.agentToken.createdAt <<<"$created")
echo "$token_id, shown from now on as $(field data.createToken.agentToken.hint <<<"$created")"

say "4. The agent connects with it, and a watcher subscribes to revocations"
node "$here/agent.mjs" "$sockets/ws" "$token" >"$work/agent" 2>&1 &
node "$here/watch.mjs" "$sockets/graphql/ws" "$access_token" "$workspace" >"$work/watcher" 2>&1 &
await "$work/agent" '"hello"'
await "$work/watcher" StreamCaughtUp

say "5. Revoke it"
revoked=$(graphql "{\"query\":\"mutation { revokeToken(input: { id: \\\"$token_id\\\", reason: \\\"laptop was stolen\\\" }) { agentToken { status revokedAt } position userErrors { code } } }\"}")
echo "$revoked"
position=$(field data.revokeToken.position <<<"$revoked")

say "6. The agent is cut off, and the watcher is told"
await "$work/agent" 'closed 4401'
await "$work/watcher" "$token_id"
status=$(curl --silent --output "$work/refused" --write-out '%{http_code}' -H 'Connection: Upgrade' \
  -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: c3RvcnktZXhhbXBsZS1rZQ==' \
  "$url/ws?token=$token")
[ "$status" = 401 ] || fail "the revoked token was answered $status"
echo "connecting again: $status $(cat "$work/refused")"

say "7. The token as it was before"
graphql "{\"query\":\"{ now: agentToken(id: \\\"$token_id\\\", consistency: { atLeast: \\\"$position\\\" }) { status revocationReason } before: agentToken(id: \\\"$token_id\\\", asOf: { time: \\\"$created_at\\\" }) { status revoked } }\"}" | tee "$work/as-of"
echo
[ "$(field data.now.status <"$work/as-of")" = REVOKED ] || fail "it is not revoked now"
[ "$(field data.before.status <"$work/as-of")" = ACTIVE ] || fail "it was not active before"

say "8. An auditor replays what happened"
"$keyledger" --data "$data" audit replay --stream "$token_id"

say "Done"
