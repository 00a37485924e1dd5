import argparse
import asyncio
import logging
import random
import signal
import struct
import sys


def drop_and_repeat(text):
    kept = [
        c * (int(random.paretovariate(1)) if random.randrange(6) == 0 else 1)
        for c in text
        if random.randrange(6)
    ]
    return "".join(kept) or text[:1]


ACTIONS = {
    1: str.upper,
    2: str.lower,
    4: lambda text: "".join(reversed(text)),
    8: lambda text: "".join(random.sample(text, len(text))),
    16: drop_and_repeat,
}


def answer(action, data):
    try:
        data = ACTIONS[action](data.decode()).encode()
    except (KeyError, UnicodeDecodeError):
        data = b"error"
    return struct.pack(">I", len(data)) + data


async def serve(reader, writer):
    logging.debug("connection from %s", writer.get_extra_info("peername"))
    try:
        while True:
            word = int.from_bytes(await reader.readexactly(4), "big")
            data = await reader.readexactly(word & 0x07FFFFFF)
            logging.debug("action %d, %d bytes", word >> 27, len(data))
            writer.write(answer(word >> 27, data))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        logging.debug("the client is gone")
    finally:
        writer.close()


def options():
    parser = argparse.ArgumentParser(prog="tcp_server.py", add_help=False)
    parser.add_argument("--help", action="help")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--port", "-p", type=int, default=8083)
    return parser.parse_args()


async def main():
    arguments = options()
    logging.basicConfig(level=logging.DEBUG if arguments.verbose else logging.ERROR)
    try:
        server = await asyncio.start_server(serve, "0.0.0.0", arguments.port)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stopped.set)
    await stopped.wait()
    server.close()
    return 0


sys.exit(asyncio.run(main()))
