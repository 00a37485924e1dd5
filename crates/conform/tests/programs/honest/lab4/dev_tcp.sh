#!/bin/bash
exec 3<>"/dev/tcp/$1/$2" || exit 1
while true; do
    type=$(head -c 1 <&3)
    case $type in
    Q)
        set -- $(head -c 8 <&3 | od -An -v -tu1 -w8)
        sum=$((($1 << 24 | $2 << 16 | $3 << 8 | $4) + ($5 << 24 | $6 << 16 | $7 << 8 | $8)))
        printf -v bytes '\\x%02x' $((sum >> 24 & 255)) $((sum >> 16 & 255)) \
            $((sum >> 8 & 255)) $((sum & 255))
        printf "$bytes" >&3
        ;;
    S)
        head -c 8 <&3
        echo
        exit 0
        ;;
    *)
        echo "unexpected message" >&2
        exit 1
        ;;
    esac
done
