import SendLogServices
import Synchronization
import Testing

/// Readings for metrics that take long, or fail.
struct GaugeCacheTests {
    private struct Failure: Error {}

    @Test func `a slow read is not awaited for longer than the timeout, and not started twice`() async throws {
        let reads = Mutex(0)
        let clock = Mutex(ContinuousClock.now)
        let (gate, opening) = AsyncStream<Void>.makeStream()
        let cache = GaugeCache(
            lifetime: .seconds(10),
            timeout: .milliseconds(20),
            now: { clock.withLock { $0 } },
            {
                let number = reads.withLock { reads in
                    reads += 1
                    return reads
                }
                for await _ in gate {}
                return number
            }
        )
        #expect(await cache.reading() == nil)
        // Also when its lifetime is over.
        clock.withLock { $0 += .seconds(100) }
        #expect(await cache.reading() == nil)
        #expect(reads.withLock { $0 } == 1)
        opening.finish()
        var reading: Int?
        for _ in 0..<1000 where reading != 2 { reading = await cache.reading() }
        #expect(reading == 2 && reads.withLock { $0 } == 2)
    }

    @Test func `a failed read has no result, and is repeated after its lifetime`() async throws {
        let reads = Mutex(0)
        let clock = Mutex(ContinuousClock.now)
        let cache = GaugeCache(
            timeout: .seconds(60),
            now: { clock.withLock { $0 } },
            {
                let number = reads.withLock { reads in
                    reads += 1
                    return reads
                }
                if number == 1 { throw Failure() }
                return number
            }
        )
        for _ in 0..<2 { #expect(await cache.reading() == nil) }
        clock.withLock { $0 += .seconds(10) }
        for _ in 0..<2 { #expect(await cache.reading() == 2) }
    }
}
