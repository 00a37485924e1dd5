//! A browser without a window, told what to do by chromedriver's protocol: WebDriver, which is JSON
//! over HTTP (<https://www.w3.org/TR/webdriver2/>).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use harness::{Process, Program};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A busy machine takes long to start a browser.
const DEADLINE: Duration = Duration::from_secs(120);

/// Chromium, with a session of chromedriver. Both end with it.
pub(crate) struct Browser {
    port: u16,
    session: String,
    _driver: Process,
    _profile: TempDir,
}

impl Browser {
    /// Nothing where there is no chromedriver.
    pub(crate) fn start() -> Option<Self> {
        let driver = Program::new("chromedriver").arg("--port=0").start().ok()?;
        let port = started_on(&driver);
        let profile = TempDir::new().unwrap();
        let mut browser = Self {
            port,
            session: String::new(),
            _driver: driver,
            _profile: profile,
        };
        let mut arguments = vec![format!(
            "--user-data-dir={}",
            browser._profile.path().display()
        )];
        arguments.extend(
            [
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=1200,900",
            ]
            .map(str::to_owned),
        );
        let session = browser.call(
            "POST",
            "/session",
            &json!({ "capabilities": { "alwaysMatch": {
                "goog:chromeOptions": { "args": arguments },
                "goog:loggingPrefs": { "performance": "ALL" },
            } } }),
        );
        browser.session = session["sessionId"].as_str().unwrap().to_owned();
        Some(browser)
    }

    pub(crate) fn open(&self, url: &str) {
        self.command("/url", &json!({ "url": url }));
    }

    /// What a function's body returns in the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.command("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Clicks as a person does: what cannot be seen, or lies under something, is an error.
    pub(crate) fn click(&self, selector: &str) {
        let by = json!({ "using": "css selector", "value": selector });
        let element = self.command("/element", &by);
        let id = element.as_object().unwrap().values().next().unwrap();
        let path = format!("/element/{}/click", id.as_str().unwrap());
        self.command(&path, &json!({}));
    }

    /// The addresses that were asked for since the last call.
    pub(crate) fn requests(&self) -> Vec<String> {
        let log = self.command("/se/log", &json!({ "type": "performance" }));
        let messages = log.as_array().unwrap().iter().map(|entry| {
            serde_json::from_str::<Value>(entry["message"].as_str().unwrap()).unwrap()
        });
        messages
            .filter(|message| message["message"]["method"] == "Network.requestWillBeSent")
            .map(|message| message["message"]["params"]["request"]["url"].to_string())
            .collect()
    }

    fn command(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("/session/{}{path}", self.session), body)
    }

    #[track_caller]
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        )
        .unwrap();
        // It leaves the connection open.
        let mut answer = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(answer.read_line(&mut head).unwrap(), 0, "{head}");
        }
        let (_, length) = head.split_once("Content-Length:").unwrap();
        let length = length.lines().next().unwrap().trim().parse().unwrap();
        let mut body = vec![0; length];
        answer.read_exact(&mut body).unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        answer["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            self.call("DELETE", &format!("/session/{}", self.session), &json!({}));
        }
    }
}

/// The port that chromedriver has chosen.
fn started_on(driver: &Process) -> u16 {
    const SAYS: &str = "was started successfully on port ";
    let end = Instant::now() + DEADLINE;
    loop {
        let printed = String::from_utf8_lossy(&driver.stdout()).into_owned();
        let port = printed.split_once(SAYS).and_then(|(_, rest)| {
            let (port, _) = rest.split_once('.')?;
            port.parse().ok()
        });
        if let Some(port) = port {
            return port;
        }
        assert!(Instant::now() < end, "chromedriver said: {printed}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
