import Foundation
package import Glibc
import Synchronization

/// Processes, mounts and folders to remove when the tests end.
package enum Leftovers {
    private struct Resources {
        var processes: Set<pid_t> = []
        var mounts: Set<String> = []
        var folders: Set<String> = []
    }

    private static let resources = Mutex(Resources())
    private static let registered: Void = {
        atexit { Leftovers.clear() }
    }()

    package static func add(process: pid_t) {
        _ = registered
        resources.withLock { _ = $0.processes.insert(process) }
    }

    package static func remove(process: pid_t) {
        resources.withLock { _ = $0.processes.remove(process) }
    }

    package static func add(mount: String) {
        _ = registered
        resources.withLock { _ = $0.mounts.insert(mount) }
    }

    package static func remove(mount: String) {
        resources.withLock { _ = $0.mounts.remove(mount) }
    }

    package static func add(folder: String) {
        _ = registered
        resources.withLock { _ = $0.folders.insert(folder) }
    }

    package static func remove(folder: String) {
        resources.withLock { _ = $0.folders.remove(folder) }
    }

    private static func clear() {
        let remaining = resources.withLock { resources in
            defer { resources = Resources() }
            return resources
        }
        for process in remaining.processes {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
        for mount in remaining.mounts { umount2(mount, Int32(MNT_DETACH)) }
        for folder in remaining.folders { try? FileManager.default.removeItem(atPath: folder) }
    }
}
