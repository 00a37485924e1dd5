//! Programs that nobody trusts, in both layers.
//!
//! This executable is started again by the layers that it tests, and by its tests, which set
//! `HELPER`.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    if let Some(code) = harness::confine::exec_if_asked() {
        return code;
    }
    match std::env::var("HELPER") {
        Ok(role) => linux::help(&role),
        Err(_) => linux::run_tests(),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    ExitCode::SUCCESS
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::net::{TcpListener, TcpStream};
    use std::path::Path;
    use std::process::ExitCode;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    use harness::confine::{
        Confinement, Half, Landlock, Namespaces, User, enter_namespaces, in_own_network,
    };
    use harness::{Error, Exit, Finished, Input, Process, Program, Signal};
    use libtest_mimic::{Arguments, Trial};
    use tempfile::TempDir;

    const SOON: Duration = Duration::from_secs(20);

    const NOBODY: User = User {
        uid: 65534,
        gid: 65534,
    };

    pub(crate) fn run_tests() -> ExitCode {
        let test = |name: &str, run: fn()| {
            Trial::test(name, move || {
                run();
                Ok(())
            })
        };
        let mut tests = vec![
            test("nothing stands between", nothing_stands_between),
            test("streams arrive", streams_arrive),
            test("who does not exist is named", who_does_not_exist_is_named),
            test("the environment is clean", the_environment_is_clean),
            test("resources are limited", resources_are_limited),
            test("what is used is bounded", what_is_used_is_bounded),
            test("shared memory counts once", shared_memory_counts_once),
            test("it dies with the harness", it_dies_with_the_harness),
            test(
                "daemons that nobody saw are told apart",
                daemons_are_told_apart,
            ),
            test("a start costs little", a_start_costs_little),
            test("the divided process: status", || {
                each_way(status_is_passed_on);
            }),
            test("the divided process: signals", || {
                each_way(signals_are_forwarded);
            }),
            test("the divided process: outer killed", || {
                each_way(nothing_survives_the_outer_half);
            }),
            test("the divided process: inner killed", || {
                each_way(nothing_survives_the_inner_half);
            }),
        ];
        // What the system or the user cannot do is skipped and counted.
        let is_root = own_uid() == 0;
        let mut add = |name: &str, run: fn(), can_run: bool| {
            tests.push(test(name, run).with_ignored_flag(!can_run));
        };
        let has_landlock = has_landlock();
        add(
            "only the scratch folder is written",
            only_scratch_is_written,
            has_landlock,
        );
        add(
            "only its own are signalled",
            only_its_own_are_signalled,
            has_landlock,
        );
        add(
            "namespaces are seen from inside",
            namespaces_from_inside,
            has_namespaces(),
        );
        add("root becomes another user", another_user, is_root);
        add(
            "root cannot make devices",
            root_cannot_make_devices,
            is_root,
        );
        add("processes are limited", processes_are_limited, is_root);
        add(
            "no process left is no fault of the program",
            no_process_left,
            is_root,
        );
        add(
            "threads have networks of their own",
            own_networks,
            in_own_network(|| ()).is_ok(),
        );
        libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
    }

    fn own_uid() -> u32 {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata("/proc/self").unwrap().uid()
    }

    fn has_landlock() -> bool {
        let (_folder, confinement) = scratch();
        let process = Program::new("true").confined(confinement).start().unwrap();
        process.landlock() != Landlock::Off
    }

    fn has_namespaces() -> bool {
        let finished = divided("status", Way::AsItIs).run(SOON).unwrap();
        finished.stdout == b"On\n"
    }

    fn scratch() -> (TempDir, Confinement) {
        let folder = TempDir::new().unwrap();
        let confinement = Confinement {
            scratch: folder.path().to_owned(),
            ..Confinement::default()
        };
        (folder, confinement)
    }

    fn shell(script: &str) -> Program {
        Program::new("sh").args(["-c", script])
    }

    #[track_caller]
    fn run(script: &str, confinement: &Confinement) -> Finished {
        shell(script)
            .confined(confinement.clone())
            .run(SOON)
            .unwrap()
    }

    #[track_caller]
    fn output(finished: &Finished) -> String {
        assert_eq!(finished.exit, Exit::Status(0), "{finished:?}");
        String::from_utf8(finished.stdout.clone()).unwrap()
    }

    fn nothing_stands_between() {
        let (_folder, confinement) = scratch();
        let script = "trap 'echo caught; trap - TERM; kill -TERM $$' TERM
            echo $$; cut -d' ' -f 1,5,6,7 /proc/$$/stat; while :; do sleep 0.01; done";
        let mut process = shell(script).confined(confinement).start().unwrap();
        let id = process.id();
        assert_eq!(process.wait_line(SOON).unwrap(), id.to_string());
        // Its own process group and session, and no terminal.
        let expected = format!("{id} {id} {id} 0");
        assert_eq!(process.wait_line(SOON).unwrap(), expected);
        process.signal(Signal::TERM).unwrap();
        assert_eq!(process.wait_line(SOON).unwrap(), "caught");
        assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Signal(15));
    }

    fn streams_arrive() {
        let (_folder, confinement) = scratch();
        let bytes = vec![b'x'; 300_000];
        let cat = Program::new("cat").stdin(Input::Bytes(bytes.clone()));
        assert_eq!(
            cat.confined(confinement.clone()).run(SOON).unwrap().stdout,
            bytes
        );
        let empty = Program::new("cat").confined(confinement.clone()).run(SOON);
        assert_eq!(empty.unwrap().stdout, b"");

        let script = "test -t 0 && test -t 1 && echo yes > /dev/stderr; read line; echo $line";
        let program = shell(script).on_terminal().confined(confinement);
        let mut process = program.start().unwrap();
        assert_eq!(process.wait_line(SOON).unwrap(), "yes");
        process.write_stdin(b"typed\n").unwrap();
        assert_eq!(process.wait_line(SOON).unwrap(), "typed");
    }

    fn who_does_not_exist_is_named() {
        let (folder, confinement) = scratch();
        let start = |program: &Path| Program::new(program).confined(confinement.clone()).start();
        let begun = Instant::now();
        let error = start(Path::new("/nonexistent/program")).unwrap_err();
        assert!(
            matches!(&error, Error::Start { error, .. }
            if error.kind() == std::io::ErrorKind::NotFound),
            "{error}"
        );
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = start(&file).unwrap_err();
        assert!(
            matches!(&error, Error::Start { error, .. }
            if error.kind() == std::io::ErrorKind::PermissionDenied),
            "{error}"
        );
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
    }

    fn only_scratch_is_written() {
        let (folder, confinement) = scratch();
        let other = TempDir::new().unwrap();
        let victim = other.path().join("report");
        fs::write(&victim, "mine").unwrap();
        let path = victim.display();
        let script = format!(
            "echo x > $TMPDIR/new && mv $TMPDIR/new $TMPDIR/renamed && echo written
             echo x > /dev/null && echo nowhere
             cat {path} && echo
             echo forged > {path}; rm -f {path}; mv $TMPDIR/renamed {path}; true"
        );
        let printed = output(&run(&script, &confinement));
        assert_eq!(printed, "written\nnowhere\nmine\n");
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        assert!(folder.path().join("renamed").exists());
    }

    fn only_its_own_are_signalled() {
        let (_folder, confinement) = scratch();
        let script = "sleep 60 & kill -TERM $! && wait $!; echo $?
            kill -0 $PPID 2>&- || echo no
            ls /proc/$PPID/fd >&- 2>&- || echo hidden";
        let process = shell(script).confined(confinement).start().unwrap();
        process.wait_exit(SOON).unwrap();
        let expected = match process.landlock() {
            Landlock::Full => "143\nno\nhidden\n",
            _ => "143\nhidden\n",
        };
        assert_eq!(String::from_utf8(process.stdout()).unwrap(), expected);
    }

    fn the_environment_is_clean() {
        let (folder, confinement) = scratch();
        let program = Program::new("env").env("EXTRA", "1").confined(confinement);
        let finished = program.run(SOON).unwrap();
        for line in output(&finished).lines() {
            let (name, value) = line.split_once('=').unwrap();
            assert!(
                ["PATH", "HOME", "LANG", "TMPDIR", "EXTRA"].contains(&name),
                "{line}"
            );
            assert!(name != "TMPDIR" || Path::new(value) == folder.path());
        }
    }

    /// Ended within moments, and it says which bound it was. Without one nothing happens.
    fn what_is_used_is_bounded() {
        let (folder, mut confinement) = scratch();
        confinement.memory = Some(100 << 20);
        confinement.disk = Some(20 << 20);
        confinement.processes = Some(20);
        for (script, expected) in [
            (
                "x=$(head -c 300000000 /dev/zero | tr '\\0' x); sleep 100",
                "100 MiB of memory",
            ),
            (
                "sleep 100 & head -c 30000000 /dev/zero > $TMPDIR/x; sleep 100",
                "20 MiB of files",
            ),
            (
                "exec 9>$TMPDIR/x; rm $TMPDIR/x; head -c 30000000 /dev/zero >&9; sleep 100",
                "20 MiB of files",
            ),
            (
                "cd $TMPDIR; mkdir $(seq 6000); sleep 100",
                "20 MiB of files",
            ),
        ] {
            let process = shell(script).confined(confinement.clone()).start().unwrap();
            assert_eq!(
                process.wait_exit(SOON).unwrap(),
                Exit::Signal(9),
                "{script}"
            );
            let exceeded = process.exceeded().unwrap().to_string();
            assert_eq!(exceeded, format!("more than {expected}"));
            let text = format!("it used more than {expected}");
            assert!(process.report().contains(&text), "{}", process.report());
            drop(process);
            fs::remove_dir_all(folder.path()).unwrap();
            fs::create_dir(folder.path()).unwrap();
        }
        let process = shell("head -c 10000000 /dev/zero > $TMPDIR/x; sleep 0.2")
            .confined(confinement)
            .start()
            .unwrap();
        assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(0));
        assert_eq!(process.exceeded(), None);
    }

    /// What they share counts once.
    fn shared_memory_counts_once() {
        let (_folder, mut confinement) = scratch();
        confinement.memory = Some(150 << 20);
        let script = "x=$(head -c 30000000 /dev/zero | tr '\\0' x)
            for i in 1 2 3 4 5 6 7 8; do (sleep 60; exit) & done; sleep 0.5";
        let process = shell(script).confined(confinement).start().unwrap();
        assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(0));
        assert_eq!(process.exceeded(), None);
    }

    /// Of root's privileges few are left.
    fn root_cannot_make_devices() {
        let (_folder, confinement) = scratch();
        let script =
            "mknod $TMPDIR/disk b 8 0 2>&1; chown 1:1 $TMPDIR; grep CapEff /proc/self/status";
        let printed = output(&run(script, &confinement));
        assert!(printed.contains("Operation not permitted"), "{printed}");
        assert!(
            printed.ends_with("CapEff:\t00000000000004db\n"),
            "{printed}"
        );
    }

    fn resources_are_limited() {
        let (_folder, confinement) = scratch();
        let confinement = Confinement {
            file_size: Some(1 << 20),
            cpu_seconds: Some(1),
            open_files: Some(20),
            ..confinement
        };
        let script = "ulimit -c; ulimit -n; ulimit -t; head -c 3000000 /dev/zero > $TMPDIR/big
            wc -c < $TMPDIR/big; grep NoNewPrivs /proc/self/status | tr -d '[:space:]'";
        let printed = output(&run(script, &confinement));
        assert_eq!(printed, "0\n20\n1\n1048576\nNoNewPrivs:1");
        let fewer = shell("ulimit -n")
            .limit_files(10)
            .confined(confinement.clone());
        assert_eq!(output(&fewer.run(SOON).unwrap()), "10\n");
        let finished = run("while :; do :; done", &confinement);
        assert_eq!(finished.exit, Exit::Signal(9));
    }

    fn another_user() {
        let (folder, confinement) = scratch();
        let (uid, gid) = (Some(NOBODY.uid), Some(NOBODY.gid));
        std::os::unix::fs::chown(folder.path(), uid, gid).unwrap();
        let confinement = Confinement {
            user: Some(NOBODY),
            ..confinement
        };
        let script = "id -u; id -g; id -G; echo x > $TMPDIR/file && echo written";
        let printed = output(&run(script, &confinement));
        assert_eq!(printed, "65534\n65534\n65534\nwritten\n");
        assert_eq!(User::named("root").unwrap(), Some(User { uid: 0, gid: 0 }));
        assert_eq!(User::named("no such user").unwrap(), None);
    }

    fn processes_are_limited() {
        let (_folder, confinement) = scratch();
        let confinement = Confinement {
            // Somebody who runs nothing else, in this test or elsewhere.
            user: Some(User {
                uid: 54_321,
                gid: 54_321,
            }),
            processes: Some(10),
            ..confinement
        };
        let script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 60 & done";
        let process = shell(script).confined(confinement).start().unwrap();
        process.wait_stderr(|text| !text.is_empty(), SOON).unwrap();
        assert!(process.tree().len() <= 11, "{process:?}");
    }

    fn daemons_are_told_apart() {
        let (_folder, confinement) = scratch();
        let script = "env -i setsid sh -c 'setsid sleep 60 & echo $!' & wait; read line";
        let start = || {
            let program = shell(script).stdin(Input::Pipe);
            program.confined(confinement.clone()).start().unwrap()
        };
        let mut processes = [start(), start()];
        for process in &mut processes {
            let daemon: u32 = process.wait_line(SOON).unwrap().parse().unwrap();
            let begun = Instant::now();
            while !process.tree().contains(&daemon) {
                assert!(begun.elapsed() < Duration::from_secs(2), "{process:?}");
            }
        }
    }

    fn a_start_costs_little() {
        let (_folder, confinement) = scratch();
        let start = |confined: bool| {
            let program = Program::new("true");
            let program = match confined {
                true => program.confined(confinement.clone()),
                false => program,
            };
            let begun = Instant::now();
            program.start().unwrap().wait_exit(SOON).unwrap();
            begun.elapsed()
        };
        // The shortest of many: others use this machine too.
        let best = |confined| (0..30).map(|_| start(confined)).min().unwrap();
        let (plain, confined) = (best(false), best(true));
        println!("a start to the end: {plain:?}, confined {confined:?}");
        assert!(confined < plain + Duration::from_millis(50));
    }

    /// This executable again, as somebody who does `role`.
    fn helper(role: &str) -> Program {
        Program::new(std::env::current_exe().unwrap()).env("HELPER", role)
    }

    /// The same, as a user to whom the system refuses namespaces or does not.
    fn divided(role: &str, way: Way) -> Program {
        let exe = std::env::current_exe().unwrap();
        let id = NOBODY.uid.to_string();
        let nobody = ["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups"];
        // A user that is not mapped may not make a further namespace.
        let words = match way {
            Way::AsItIs => &[][..],
            Way::Nobody => &nobody[..],
            Way::Refused => &["unshare", "--user"][..],
        };
        let program = match words.split_first() {
            Some((first, rest)) => Program::new(first).args(rest).arg(exe),
            None => Program::new(exe),
        };
        program.env("HELPER", format!("divided {role}"))
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Way {
        AsItIs,
        Nobody,
        Refused,
    }

    fn each_way(test: fn(Way)) {
        test(Way::AsItIs);
        if !has_namespaces() {
            return;
        }
        test(Way::Refused);
        if own_uid() == 0 {
            test(Way::Nobody);
        }
    }

    /// What this executable does when a test starts it.
    pub(crate) fn help(role: &str) -> ExitCode {
        match role {
            "confined sleep" => {
                let (_folder, confinement) = scratch();
                let sleep = Program::new("sleep").arg("60").confined(confinement);
                let process = sleep.start().unwrap();
                println!("{}", process.id());
                process.wait_exit(SOON).unwrap();
            }
            "start" => {
                let (_folder, confinement) = scratch();
                for program in [
                    Program::new("true"),
                    Program::new("true").confined(confinement),
                ] {
                    let error = program.run(SOON).unwrap_err();
                    println!("{}", matches!(error, Error::System { .. }));
                }
            }
            divided => match enter_namespaces(false).unwrap() {
                Half::Outer { status, .. } => return status,
                Half::Inner(namespaces) => return work(divided, &namespaces),
            },
        }
        ExitCode::SUCCESS
    }

    fn work(role: &str, namespaces: &Namespaces) -> ExitCode {
        let is_over = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(15, Arc::clone(&is_over)).unwrap();
        match role {
            "divided status" => println!("{namespaces:?}"),
            "divided look" => {
                let processes = fs::read_dir("/proc").unwrap().flatten();
                let is_process = |name: &str| name.parse::<u32>().is_ok();
                let names = processes.filter_map(|entry| entry.file_name().into_string().ok());
                println!("{}", names.filter(|name| is_process(name)).count());
                let listener = TcpListener::bind("127.0.0.1:9").map(|_| ());
                println!("{:?}", listener.map_err(|error| error.kind()));
                let listener = TcpListener::bind("127.0.0.1:12000").unwrap();
                println!("{}", TcpStream::connect("127.0.0.1:12000").is_ok());
                let other = in_own_network(|| TcpListener::bind("127.0.0.1:12000").is_ok());
                println!("{other:?}");
                drop(listener);
                let caps = "grep CapEff /proc/self/status | cut -f2; id -u";
                let finished = shell(caps).run(SOON).unwrap();
                println!("{}", String::from_utf8(finished.stdout).unwrap());
            }
            sleeps => {
                let seconds = sleeps.rsplit(' ').next().unwrap();
                let script = format!("setsid sh -c 'sleep {seconds} & sleep {seconds}' & wait");
                let process = shell(&script).start().unwrap();
                while process.tree().len() < 4 {}
                println!("started");
                while !is_over.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(5));
                }
                harness::kill_all();
            }
        }
        ExitCode::from(7)
    }

    fn it_dies_with_the_harness() {
        let mut helper = helper("confined sleep").start().unwrap();
        let sleep: u32 = helper.wait_line(SOON).unwrap().parse().unwrap();
        helper.signal(Signal::KILL).unwrap();
        helper.wait_exit(SOON).unwrap();
        let begun = Instant::now();
        // A zombie until it is reaped here, if it was not reaped already.
        while helper.tree().contains(&sleep) {
            assert!(begun.elapsed() < SOON);
        }
    }

    fn no_process_left() {
        let id = "54322";
        let nobody = [
            "--reuid",
            id,
            "--regid",
            id,
            "--clear-groups",
            "prlimit",
            "--nproc=2",
        ];
        let program = Program::new("setpriv").args(nobody);
        let program = program
            .arg(std::env::current_exe().unwrap())
            .env("HELPER", "start");
        // The helper itself and one thread of it.
        let finished = program.run(SOON).unwrap();
        assert_eq!(output(&finished), "true\ntrue\n", "{finished:?}");
    }

    fn status_is_passed_on(way: Way) {
        let finished = divided("status", way).run(SOON).unwrap();
        assert_eq!(finished.exit, Exit::Status(7), "{way:?}: {finished:?}");
        let printed = String::from_utf8(finished.stdout).unwrap();
        match way {
            Way::Refused => assert!(
                printed.starts_with("Refused(\"user namespace: "),
                "{printed}"
            ),
            Way::Nobody => assert_eq!(printed, "On\n"),
            // On, or refused by this system.
            Way::AsItIs => {}
        }
    }

    fn start_sleeping(way: Way, seconds: &str) -> Process {
        let mut process = divided(&format!("sleep {seconds}"), way).start().unwrap();
        assert_eq!(process.wait_line(SOON).unwrap(), "started");
        let begun = Instant::now();
        while sleeping(seconds) < 2 {
            assert!(begun.elapsed() < SOON);
        }
        process
    }

    /// How many processes sleep so long.
    fn sleeping(seconds: &str) -> usize {
        let expected = format!("sleep\0{seconds}\0");
        let all = fs::read_dir("/proc").unwrap().flatten();
        all.filter(|entry| {
            fs::read(entry.path().join("cmdline")).is_ok_and(|line| line == expected.as_bytes())
        })
        .count()
    }

    #[track_caller]
    fn nobody_sleeps(seconds: &str, way: Way) {
        let begun = Instant::now();
        while sleeping(seconds) > 0 {
            assert!(begun.elapsed() < SOON, "{way:?}");
        }
    }

    fn signals_are_forwarded(way: Way) {
        let process = start_sleeping(way, "1001");
        process.signal(Signal::TERM).unwrap();
        assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(7), "{way:?}");
        nobody_sleeps("1001", way);
    }

    fn nothing_survives_the_outer_half(way: Way) {
        let process = start_sleeping(way, "1002");
        process.signal(Signal::KILL).unwrap();
        process.wait_exit(SOON).unwrap();
        nobody_sleeps("1002", way);
    }

    fn nothing_survives_the_inner_half(way: Way) {
        let process = start_sleeping(way, "1003");
        // The deepest that is this executable.
        let exe = fs::read(format!("/proc/{}/cmdline", process.id())).unwrap();
        let tree = process.tree();
        let lines = tree
            .iter()
            .map(|pid| fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default());
        let halves = tree.iter().zip(lines).filter(|(_, line)| *line == exe);
        let inner = halves.map(|(pid, _)| *pid).max().unwrap();
        assert_ne!(inner, process.id());
        let kill = Program::new("kill")
            .args(["-KILL", &inner.to_string()])
            .run(SOON);
        assert!(kill.unwrap().exit.success());
        assert_eq!(
            process.wait_exit(SOON).unwrap(),
            Exit::Status(128 + 9),
            "{way:?}"
        );
        assert_eq!(sleeping("1003"), 0, "{way:?}");
    }

    fn namespaces_from_inside() {
        each_way(|way| {
            if way == Way::Refused {
                return;
            }
            let finished = divided("look", way).run(SOON).unwrap();
            let printed = String::from_utf8(finished.stdout.clone()).unwrap();
            let lines: Vec<_> = printed.lines().collect();
            // The inner half alone; loopback; a further network.
            assert_eq!(lines.first(), Some(&"1"), "{way:?}: {finished:?}");
            assert_eq!(
                lines.get(2..4),
                Some(&["true", "Ok(true)"][..]),
                "{way:?}: {printed}"
            );
            if way == Way::Nobody {
                assert_eq!(lines.get(1), Some(&"Err(PermissionDenied)"), "{printed}");
                assert_eq!(
                    lines.get(4..6),
                    Some(&["0000000000000000", "65534"][..]),
                    "{printed}"
                );
            }
        });
    }

    fn own_networks() {
        let listeners: Vec<_> = (0..2)
            .map(|_| in_own_network(|| harness::Listener::at("127.0.0.1:12000".parse().unwrap())))
            .collect();
        for listener in listeners {
            listener.unwrap().unwrap();
        }
        in_own_network(|| {
            let listener = harness::Listener::new().unwrap();
            let port = listener.port();
            assert_eq!(harness::listening_on(port), [listener.address()]);
            let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; printf hello >&3");
            let client = Program::new("bash").args(["-c", &script]).start().unwrap();
            let mut peer = listener.accept_from(&client, SOON).unwrap();
            assert_eq!(peer.receive_to_end(SOON).unwrap(), b"hello");
        })
        .unwrap();
        in_own_network(|| thread::sleep(Duration::ZERO)).unwrap();
    }
}
