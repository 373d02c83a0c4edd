import ServiceLifecycle

/// A service that begins when something has happened, which is shown by the end of a stream.
///
/// Webhooks are delivered only by a server that listens: one that finds its port in use ends at once.
struct DelayedService: Service {
    private let service: any Service
    private let start: AsyncStream<Void>

    init(_ service: any Service, until start: AsyncStream<Void>) {
        (self.service, self.start) = (service, start)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { for await _ in start {} }
        if !Task.isShuttingDownGracefully, !Task.isCancelled { try await service.run() }
    }
}
