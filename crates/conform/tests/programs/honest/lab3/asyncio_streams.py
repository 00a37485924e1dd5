import asyncio
import pickle
import sys


async def handle(reader, writer):
    client_id = writer.get_extra_info("peername")[1]
    try:
        writer.write(pickle.dumps({"clientid": client_id}))
        while data := await reader.read(4096):
            print(f"Client {client_id}: {pickle.loads(data)}")
            writer.write(pickle.dumps("server got the data"))
    except Exception as error:
        print(f"Client {client_id}: error: {error}")
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(handle, sys.argv[1], int(sys.argv[2]), backlog=10)
    print(f"Server listening at {sys.argv[1]}/{sys.argv[2]}")
    await server.serve_forever()


asyncio.run(main())
