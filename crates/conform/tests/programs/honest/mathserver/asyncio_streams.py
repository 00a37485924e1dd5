import asyncio
import random
import sys


async def examine(reader, writer):
    try:
        for _ in range(random.randint(1, 20)):
            first, second = random.randrange(1 << 30), random.randrange(1 << 30)
            writer.write(b"Q" + first.to_bytes(4, "big") + second.to_bytes(4, "big"))
            answer = await reader.readexactly(4)
            if int.from_bytes(answer, "big") != first + second:
                return
        writer.write(b"S" + random.randbytes(4).hex().encode())
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        print("a client has left", file=sys.stderr)
    finally:
        writer.close()


async def main():
    port = int(sys.argv[1]) if len(sys.argv) == 2 else 8000
    server = await asyncio.start_server(examine, "0.0.0.0", port)
    await server.serve_forever()


asyncio.run(main())
