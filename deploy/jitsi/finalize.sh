#!/bin/sh
# Jibri runs this when a recording is finished, with the recording's folder as its one argument, and waits for it.
# It tells omeet of every video in the folder. Jibri only logs how it ends, so it tries a few times itself.
#
#   jibri.conf:              recording { finalize-script = "/etc/jitsi/jibri/finalize.sh" }
#   docker-jitsi-meet:       JIBRI_FINALIZE_RECORDING_SCRIPT_PATH=/config/finalize.sh
#
# Needs curl and jq, and in its environment:
#   OMEET_URL          https://omeet.example.org
#   OMEET_ACCOUNT      prv_...: the provider account of this Jitsi
#   OMEET_SECRET_FILE  a file with the account's webhook_secret
#   OMEET_FILES_URL    optional: where omeet can fetch the folder's files (https://jibri.example.org/recordings)
set -eu

folder=${1:?the folder of the recording}
: "${OMEET_URL:?}" "${OMEET_ACCOUNT:?}" "${OMEET_SECRET_FILE:?}"
meeting_url=$(jq -r '.meeting_url // empty' "$folder/metadata.json")
[ -n "$meeting_url" ] || { echo "metadata.json names no meeting_url" >&2; exit 1; }

for file in "$folder"/*.mp4; do
    [ -f "$file" ] || continue
    name=$(basename "$folder")/$(basename "$file")
    url=${OMEET_FILES_URL:+$OMEET_FILES_URL/$name}
    body=$(jq -n --arg meeting_url "$meeting_url" --arg file "$name" --arg url "$url" \
        --argjson size "$(stat -c %s "$file")" --argjson ended "$(stat -c %Y "$file")" \
        '{meeting_url: $meeting_url, file: $file, size_bytes: $size, ended_at: $ended} + (if $url == "" then {} else {url: $url} end)')
    # The secret goes through standard input, so that no process list shows it.
    printf 'header = "Authorization: Bearer %s"\n' "$(cat "$OMEET_SECRET_FILE")" |
        curl --config - --silent --show-error --fail --max-time 20 --retry 5 --retry-all-errors \
            --header 'Content-Type: application/json' --data "$body" \
            "$OMEET_URL/webhooks/jitsi/$OMEET_ACCOUNT/recording"
done
