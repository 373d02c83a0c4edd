import Foundation
import Glibc
import Synchronization
import TestSupport

/// The process of a headless Chromium, with the socket for the DevTools protocol.
///
/// Chromium ends when the test's end of the socket is closed, so also when the test process is killed. Otherwise its
/// process group is killed: Chromium with the processes that it started.
final class BrowserProcess: Sendable {
    /// The test's end of the socket; its reader closes it.
    let socket: Int32
    private let pid: pid_t
    private let folder: TemporaryFolder
    private let isRunning = Mutex(true)

    /// Starts Chromium with a new profile.
    ///
    /// - Throws: if Chromium is not installed or cannot be started.
    init() throws {
        let program = try Self.program()
        let folder = try TemporaryFolder()
        self.folder = folder
        // A socket replaces the two pipes, because writing to a pipe without a reader raises SIGPIPE.
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw TestFailure.system("socketpair")
        }
        // Chromium expects its end as descriptors 3 and 4. A number above both is not overwritten before it is copied.
        let browserEnd = fcntl(ends[1], F_DUPFD_CLOEXEC, 10)
        close(ends[1])
        defer { close(browserEnd) }
        let child: pid_t
        do {
            let commandLine = [program] + Self.flags(profile: folder.file("profile"))
            child = try Spawn.start(commandLine, environment: Self.environment(home: folder.path), isGroup: true) {
                posix_spawn_file_actions_addopen(&$0, 0, "/dev/null", O_RDONLY, 0)
                posix_spawn_file_actions_addopen(&$0, 1, "/dev/null", O_WRONLY, 0)
                posix_spawn_file_actions_addopen(&$0, 2, folder.file("err"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
                posix_spawn_file_actions_adddup2(&$0, browserEnd, 3)
                posix_spawn_file_actions_adddup2(&$0, browserEnd, 4)
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

    /// The standard error of Chromium so far.
    var errors: String {
        String(decoding: FileManager.default.contents(atPath: folder.file("err")) ?? Data(), as: UTF8.self)
    }

    /// Waits for Chromium to end, and kills the processes that remain.
    ///
    /// - Parameter seconds: how long to wait
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

    /// Returns an environment that inherits nothing, so that Chromium writes only here and renders alike everywhere.
    private static func environment(home: String) -> [String: String] {
        [
            "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", "TZ": "UTC",
            // Without an address Chromium would start a D-Bus daemon that outlives it.
            "DBUS_SESSION_BUS_ADDRESS": "disabled:", "DBUS_SYSTEM_BUS_ADDRESS": "disabled:",
        ]
    }

    private static func flags(profile: String) -> [String] {
        [
            "--remote-debugging-pipe", "--user-data-dir=\(profile)", "--headless=new", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check", "--password-store=basic",
            // Pages in the background are not throttled.
            "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
            "--disable-renderer-backgrounding",
            // A desktop has a mouse; a machine without a screen reports none.
            "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
            // Requests reach only this machine.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost", "--no-proxy-server",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-pings",
            "--disable-default-apps", "--disable-extensions", "--disable-domain-reliability", "--disable-breakpad",
            "--disable-crash-reporter", "--disable-client-side-phishing-detection", "--metrics-recording-only",
            // Proxies of the tests have certificates that they signed themselves.
            "--ignore-certificate-errors",
            // A spare renderer for each page costs as much as the page.
            "--disable-features=SpareRendererForSitePerProcess,Translate,MediaRouter,OptimizationHints,AutofillServerCommunication",
        ]
    }
}
