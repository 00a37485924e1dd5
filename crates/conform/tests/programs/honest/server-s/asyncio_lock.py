# All clients are accepted, and wait for a lock; it ends when "quit" is typed, too.
import asyncio
import signal
import sys


async def count(reader, writer):
    for wanted in (b"confirm-accio\r\n", b"confirm-accio-again\r\n\r\n"):
        writer.write(b"accio\r\n")
        if await asyncio.wait_for(reader.readexactly(len(wanted)), 10) != wanted:
            raise OSError("wrong confirmation")
    total = 0
    while True:
        data = await asyncio.wait_for(reader.read(65536), 10)
        if not data:
            return total
        total += len(data)


async def main():
    turn = asyncio.Lock()
    stop = asyncio.Event()

    async def serve(reader, writer):
        async with turn:
            try:
                print(await count(reader, writer))
            except (OSError, EOFError, asyncio.TimeoutError):
                print("ERROR")
            writer.close()

    def typed():
        line = sys.stdin.readline()
        if not line:
            loop.remove_reader(sys.stdin)
        elif line.strip() == "quit":
            stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
        loop.add_signal_handler(number, stop.set)
    try:
        await asyncio.start_server(serve, "0.0.0.0", int(sys.argv[1]), backlog=10)
    except (OSError, OverflowError, ValueError) as error:
        print("ERROR:", error, file=sys.stderr)
        return 1
    loop.add_reader(sys.stdin, typed)
    await stop.wait()
    return 0


sys.exit(asyncio.run(main()))
