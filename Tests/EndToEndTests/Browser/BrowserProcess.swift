import Foundation
import Glibc
import Synchronization

/// A headless Chromium, and the socket to talk to it.
///
/// It ends on its own when the other end of its socket is closed, thus also when the test process is killed. Otherwise
/// it is killed together with what it started: that is its process group.
final class BrowserProcess: Sendable {
    /// This end of the socket, for whoever reads from it to close.
    let socket: Int32
    private let pid: pid_t
    private let folder: TemporaryFolder
    private let isRunning = Mutex(true)

    /// Starts Chromium with a profile of its own.
    ///
    /// - Throws: where it is not installed or cannot be started.
    init() throws {
        let program = try Self.program()
        folder = try TemporaryFolder()
        // A socket takes the place of the two pipes: writing to a pipe that nobody reads any longer is a deadly signal.
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw TestFailure.system("socketpair")
        }
        // Chromium expects its end as 3 and 4. Whatever is called so here must not be overwritten before it is copied.
        let theirs = fcntl(ends[1], F_DUPFD_CLOEXEC, 10)
        close(ends[1])
        defer { close(theirs) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, folder.file("err"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, theirs, 3)
        posix_spawn_file_actions_adddup2(&actions, theirs, 4)
        // The threads that tests run on block signals, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let argv = ([program] + Self.flags(profile: folder.file("profile"))).map { strdup($0) } + [nil]
        let envp = Self.environment(home: folder.path).map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, program, &actions, &attributes, argv, envp)
        guard code == 0 else {
            close(ends[0])
            throw TestFailure("cannot start \(program): \(String(cString: strerror(code)))")
        }
        (socket, pid) = (ends[0], child)
        // A negative number means the process group, to kill as well as to waitpid.
        Leftovers.add(process: -child)
    }

    deinit { end() }

    /// What it wrote to standard error so far.
    var errors: String {
        String(decoding: FileManager.default.contents(atPath: folder.file("err")) ?? Data(), as: UTF8.self)
    }

    /// Gives it a moment to end on its own, and kills what is left.
    func end(patience seconds: Double = 0) {
        isRunning.withLock { isRunning in
            guard isRunning else { return }
            isRunning = false
            let isOver = Deadline.poll(for: seconds) { waitpid(pid, nil, WNOHANG) == pid }
            kill(-pid, SIGKILL)
            if !isOver { waitpid(pid, nil, 0) }
            Leftovers.remove(process: -pid)
        }
    }

    private static func program() throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let places = path.split(separator: ":").map { "\($0)/chromium" }
        guard let program = places.first(where: { access($0, X_OK) == 0 }) else {
            throw TestFailure("there is no chromium in \(path): the Debian package chromium is missing")
        }
        return program
    }

    /// Nothing of the surroundings, so that all of it lies in the folder and looks the same everywhere.
    private static func environment(home: String) -> [String] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return [
            "PATH=\(path)", "HOME=\(home)", "TMPDIR=\(home)", "LANG=C.UTF-8", "TZ=UTC",
            // Without an address it would start a bus of its own, that outlives it.
            "DBUS_SESSION_BUS_ADDRESS=disabled:", "DBUS_SYSTEM_BUS_ADDRESS=disabled:",
        ]
    }

    private static func flags(profile: String) -> [String] {
        [
            "--remote-debugging-pipe", "--user-data-dir=\(profile)", "--headless=new", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check", "--password-store=basic",
            // A page stays as quick as it is where another one has the window system's attention.
            "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
            "--disable-renderer-backgrounding",
            // A desktop has a mouse, which a machine without a screen lacks.
            "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
            // Nothing but the tests' own server is ever asked.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost", "--no-proxy-server",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-pings",
            "--disable-default-apps", "--disable-extensions", "--disable-domain-reliability", "--disable-breakpad",
            "--disable-crash-reporter", "--disable-client-side-phishing-detection", "--metrics-recording-only",
            "--disable-features=Translate,MediaRouter,OptimizationHints,AutofillServerCommunication",
        ]
    }
}
