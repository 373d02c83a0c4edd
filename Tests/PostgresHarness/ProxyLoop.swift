import Foundation
import Glibc
import Synchronization
import TestSupport

/// The thread of a proxy; only this thread uses its sockets.
final class ProxyLoop: Sendable {
    typealias Command = @Sendable (inout ProxyState) -> Void

    private let commands = Mutex<[Command]>([])
    /// A byte sent to the first socket wakes the thread, which polls the second.
    private let wakeupSockets: (Int32, Int32)

    init(_ state: ProxyState) throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw TestFailure.system("socketpair") }
        wakeupSockets = (ends[0], ends[1])
        Thread.detachNewThread { [self] in run(state) }
    }

    deinit {
        close(wakeupSockets.0)
        close(wakeupSockets.1)
    }

    /// Runs a command on the thread, and waits until it is done.
    func perform(_ command: @escaping Command) {
        _ = query { state in
            command(&state)
            return 0
        }
    }

    /// Runs a query on the thread, and waits for its result.
    ///
    /// - Returns: the result; `nil` if the thread does not run the query within 60 s.
    func query(_ body: @escaping @Sendable (inout ProxyState) -> Int) -> Int? {
        let result = Box<Int?>(nil)
        commands.withLock { commands in
            commands.append { state in result.set(body(&state)) }
        }
        Glibc.send(wakeupSockets.0, [1], 1, Int32(MSG_NOSIGNAL))
        _ = Deadline.poll(for: 60, every: 50) { result.value != nil }
        return result.value
    }

    private func run(_ state: ProxyState) {
        var state = state
        var pollEntries: [pollfd] = []
        var wakeupBuffer: [UInt8] = Array(repeating: 0, count: 64)
        while !state.isStopped {
            pollEntries.removeAll(keepingCapacity: true)
            pollEntries.append(pollfd(fd: wakeupSockets.1, events: Int16(POLLIN), revents: 0))
            pollEntries.append(pollfd(fd: state.listener, events: Int16(POLLIN), revents: 0))
            // A frozen proxy does not poll connections: a broken one would wake the thread in a busy loop.
            if !state.isFrozen {
                for connection in state.connections { connection.append(to: &pollEntries) }
            }
            guard Glibc.poll(&pollEntries, nfds_t(pollEntries.count), -1) >= 0 else { continue }
            if !state.isFrozen { state.pass(pollEntries[2...]) }
            if pollEntries[1].revents != 0 { state.acceptAll() }
            if pollEntries[0].revents != 0 {
                while recv(wakeupSockets.1, &wakeupBuffer, wakeupBuffer.count, 0) > 0 {}
                let commands = commands.withLock { commands in
                    defer { commands = [] }
                    return commands
                }
                for command in commands { command(&state) }
            }
        }
    }
}
