#!/usr/bin/env bash
export LC_ALL=C
host=localhost port=8083 verbose= file=
while (($#)); do
    case $1 in
    --help)
        echo "Usage: tcp_client [--help] [-v] [-h HOST] [-p PORT] FILE"
        exit 0
        ;;
    -v | --verbose) verbose=1 ;;
    -h | --host) host=$2 && shift ;;
    -p | --port) port=$2 && shift ;;
    *) file=$1 ;;
    esac
    shift
done
if [[ -z $file ]]; then
    echo "no file" >&2
    exit 2
fi
[[ $file == - ]] && file=/dev/stdin

declare -A actions=([uppercase]=1 [lowercase]=2 [reverse]=4 [shuffle]=8 [random]=16)
exec 3<>"/dev/tcp/$host/$port" || exit 1
count=0
while IFS= read -r line || [[ -n $line ]]; do
    message=${line#* }
    word=$((actions[${line%% *}] << 27 | ${#message}))
    printf -v header '\\x%02x' $((word >> 24 & 255)) $((word >> 16 & 255)) \
        $((word >> 8 & 255)) $((word & 255))
    printf "$header%s" "$message" >&3
    count=$((count + 1))
    [[ $verbose ]] && echo "sent $line" >&2
done <"$file"
while ((count-- > 0)); do
    set -- $(head -c 4 <&3 | od -An -tu1)
    if (($# < 4)); then
        echo "the server has closed the connection" >&2
        exit 1
    fi
    head -c $(($1 << 24 | $2 << 16 | $3 << 8 | $4)) <&3
    echo
done
exit 0
