import Foundation
import Glibc
import Synchronization
import TestSupport

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
        let folder = try TemporaryFolder()
        self.folder = folder
        // A socket takes the place of the two pipes: writing to a pipe that nobody reads any longer is a deadly signal.
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw TestFailure.system("socketpair")
        }
        // Chromium expects its end as 3 and 4. Whatever is called so here must not be overwritten before it is copied.
        let theirs = fcntl(ends[1], F_DUPFD_CLOEXEC, 10)
        close(ends[1])
        defer { close(theirs) }
        let child: pid_t
        do {
            let commandLine = [program] + Self.flags(profile: folder.file("profile"))
            child = try Spawn.start(commandLine, environment: Self.environment(home: folder.path), isGroup: true) {
                posix_spawn_file_actions_addopen(&$0, 0, "/dev/null", O_RDONLY, 0)
                posix_spawn_file_actions_addopen(&$0, 1, "/dev/null", O_WRONLY, 0)
                posix_spawn_file_actions_addopen(&$0, 2, folder.file("err"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
                posix_spawn_file_actions_adddup2(&$0, theirs, 3)
                posix_spawn_file_actions_adddup2(&$0, theirs, 4)
            }
        } catch {
            close(ends[0])
            throw error
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
    func end(timeout seconds: Double = 0) {
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
        let path = Spawn.path
        let candidates = path.split(separator: ":").map { "\($0)/chromium" }
        guard let program = candidates.first(where: { access($0, X_OK) == 0 }) else {
            throw TestFailure("there is no chromium in \(path): the Debian package chromium is missing")
        }
        return program
    }

    /// Nothing of the surroundings, so that all of it lies in the folder and looks the same everywhere.
    private static func environment(home: String) -> [String: String] {
        [
            "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", "TZ": "UTC",
            // Without an address it would start a bus of its own, that outlives it.
            "DBUS_SESSION_BUS_ADDRESS": "disabled:", "DBUS_SYSTEM_BUS_ADDRESS": "disabled:",
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
            // A renderer in reserve for each page costs as much as the page.
            "--disable-features=SpareRendererForSitePerProcess,Translate,MediaRouter,OptimizationHints,AutofillServerCommunication",
        ]
    }
}
