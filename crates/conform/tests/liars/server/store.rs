//! The messages, and how they are sent.

use std::collections::{HashMap, VecDeque};
use std::env;
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::wrong;

/// The sender and the text.
pub(super) type Message = (Vec<u8>, Vec<u8>);

#[derive(Default)]
pub(super) struct Store {
    queues: HashMap<Vec<u8>, VecDeque<Message>>,
    used: usize,
}

impl Store {
    fn queue(&mut self, fault: &str, name: &[u8]) -> &mut VecDeque<Message> {
        let name = match fault {
            "one queue for all" => Vec::new(),
            "names are lower case" => String::from_utf8_lossy(name).to_lowercase().into_bytes(),
            _ => name.to_vec(),
        };
        self.queues.entry(name).or_default()
    }

    pub(super) fn push(
        &mut self,
        fault: &str,
        receiver: &[u8],
        message: Message,
    ) -> io::Result<()> {
        let limit = env::var("SERVER_MAX_BYTES")
            .ok()
            .and_then(|limit| limit.parse().ok());
        let used = self.used + message.1.len();
        if let Some(limit) = limit
            && used > limit
            && fault != "there is no limit"
        {
            return wrong(&format!("no more than {limit} bytes"));
        }
        self.used = used;
        let queue = self.queue(fault, receiver);
        if fault == "the newest message comes first" {
            queue.push_front(message);
        } else {
            queue.push_back(message);
        }
        Ok(())
    }
}

pub(super) fn send_messages(
    fault: &str,
    client: &mut TcpStream,
    name: &[u8],
    store: &Mutex<Store>,
) -> io::Result<usize> {
    let (messages, more) = {
        let mut store = store.lock().unwrap();
        let queue = store.queue(fault, name);
        let count = queue.len().min(255);
        let more = match fault {
            "MoreMsgs is always 0" => false,
            "MoreMsgs is 1 from 255 messages on" => queue.len() >= 255,
            _ => queue.len() > count,
        };
        let messages: VecDeque<_> = match fault {
            "messages stay" | "messages are removed after they are sent" => {
                queue.iter().take(count).cloned().collect()
            }
            _ => queue.drain(..count).collect(),
        };
        if fault == "what does not fit is forgotten" {
            queue.clear();
        }
        (messages, more)
    };
    if messages.is_empty() && fault == "without messages there is no response" {
        return Ok(0);
    }
    let sent = send_response(fault, client, name, &messages, more);
    let (count, size) = (
        messages.len(),
        messages.iter().map(|(_, text)| text.len()).sum(),
    );
    let mut store = store.lock().unwrap();
    match &sent {
        Ok(()) => {
            store.used = store.used.saturating_sub(size);
            if fault == "messages are removed after they are sent" {
                store.queue(fault, name).drain(..count);
            }
        }
        Err(_) if fault == "messages are removed before they are sent" => {}
        Err(_) => {
            let queue = store.queue(fault, name);
            let behind = std::mem::replace(queue, messages);
            queue.extend(behind);
        }
    }
    sent.map(|()| count)
}

fn send_response(
    fault: &str,
    client: &mut TcpStream,
    name: &[u8],
    messages: &VecDeque<Message>,
    more: bool,
) -> io::Result<()> {
    let mut response = vec![0xae, 0x73, 3, messages.len() as u8];
    if fault != "the response has no MoreMsgs" {
        response.push(u8::from(more));
    }
    for (sender, text) in messages {
        let sender = match fault {
            "the sender of every message is the reader" => name,
            _ => sender,
        };
        let length = |text: &[u8]| match fault {
            "lengths are in characters" => String::from_utf8_lossy(text).chars().count(),
            _ => text.len(),
        };
        response.push(length(sender) as u8);
        response.extend((length(text) as u16).to_be_bytes());
        response.extend(sender);
        response.extend(text);
    }
    let start = Instant::now();
    let mut rest = &response[..];
    if fault == "a response goes in two pieces" {
        client.write_all(&rest[..5])?;
        thread::sleep(Duration::from_millis(50));
        rest = &rest[5..];
    }
    if fault != "readers are waited for, one by one" {
        client.set_write_timeout(Some(Duration::from_secs(1)))?;
    }
    if fault == "one write sends all" {
        client.set_nonblocking(true)?;
        return client.write(rest).map(drop);
    }
    while !rest.is_empty() {
        if fault == "a response has to be taken in a second"
            && start.elapsed() > Duration::from_secs(1)
        {
            return wrong("the client is too slow");
        }
        let piece = &rest[..rest.len().min(1 << 16)];
        let written = client.write(piece)?;
        rest = &rest[written..];
    }
    Ok(())
}
