# A thread for each client; coloured lines; nothing but SIGKILL ends it.
import pickle
import socket
import sys
import threading
import traceback


def serve(client, addr):
    try:
        client.send(pickle.dumps({"clientid": addr[1]}))
        data = client.recv(4096)
        while data:
            print("\033[36m[%d]\033[0m sent %s" % (addr[1], pickle.loads(data)))
            data = client.recv(4096)
        print("\033[31m[%d] left\033[0m" % addr[1])
    except:
        traceback.print_exc()
    client.close()


def main():
    server = socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=10)
    print("\033[1mWelcome! Press nothing.\033[0m")
    while True:
        try:
            client, addr = server.accept()
            threading.Thread(target=serve, args=(client, addr), daemon=True).start()
        except:
            print("accept was interrupted")


main()
