# asyncio: one second for the whole request.
import asyncio
import struct
import sys

boxes = {}


async def request(reader):
    magic, kind, name, receiver, message = struct.unpack(">HBBBH", await reader.readexactly(7))
    assert magic == 0xAE73, "magic"
    assert kind in (1, 2), "kind"
    assert name > 0, "name"
    assert (receiver > 0) == (kind == 2), "receiver"
    assert (message > 0) == (kind == 2), "message"
    parts = [await reader.readexactly(n) if n else b"" for n in (name, receiver, message)]
    return kind, parts


async def respond(writer, name):
    mine = boxes.setdefault(name, [])
    batch = mine[:255]
    del mine[:255]
    record = struct.pack(">HBBB", 0xAE73, 3, len(batch), min(len(mine), 1))
    for sender, text in batch:
        record += struct.pack(">BH", len(sender), len(text)) + sender + text
    writer.write(record)
    await asyncio.wait_for(writer.drain(), 1)
    print(f"{len(batch)} messages sent to {name!r}")


async def serve(reader, writer):
    peer = writer.get_extra_info("peername")
    print("peer:", peer)
    try:
        kind, (name, receiver, text) = await asyncio.wait_for(request(reader), 1)
        if kind == 2:
            boxes.setdefault(receiver, []).append((name, text))
            print(f"{name!r} wrote to {receiver!r}")
        else:
            await respond(writer, name)
        writer.close()
    except Exception as e:
        print("error:", repr(e))
        writer.transport.abort() if isinstance(e, OSError) else writer.close()


async def main():
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        return "usage: server PORT"
    if not 1024 <= int(sys.argv[1]) <= 64000:
        return "port out of range"
    try:
        server = await asyncio.start_server(serve, "0.0.0.0", int(sys.argv[1]))
    except OSError as e:
        return f"cannot listen: {e}"
    async with server:
        await server.serve_forever()


sys.exit(asyncio.run(main()))
