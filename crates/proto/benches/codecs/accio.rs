//! A handshake, and a file whose bytes are handed through.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use proto::accio::{COMMAND, CONFIRMATION, Client, Error, SECOND_CONFIRMATION, Server};

const FILE: usize = 64 * 1024;

#[divan::bench(args = [0, FILE])]
fn memcpy(bencher: Bencher<'_, '_>, file: usize) {
    crate::memcpy(bencher, &sent_by_client(file));
}

#[divan::bench(args = [0, FILE])]
fn server(bencher: Bencher<'_, '_>, file: usize) {
    let bytes = sent_by_client(file);
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench_local(|| -> Result<(), Error> {
            let mut server = Server::new();
            let mut input = black_box(bytes.as_slice());
            while let Some(step) = server.next(&mut input)? {
                black_box(step);
            }
            server.finish()
        });
}

#[divan::bench]
fn client(bencher: Bencher<'_, '_>) {
    let bytes = COMMAND.repeat(2);
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench_local(|| -> Result<(), Error> {
            let mut client = Client::new();
            let mut input = black_box(bytes.as_slice());
            while let Some(step) = client.next(&mut input)? {
                black_box(step);
            }
            client.finish()
        });
}

fn sent_by_client(file: usize) -> Vec<u8> {
    let mut bytes = [CONFIRMATION, SECOND_CONFIRMATION].concat();
    bytes.resize(bytes.len() + file, b'a');
    bytes
}
