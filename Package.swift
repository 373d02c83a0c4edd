// swift-tools-version:6.2

import PackageDescription

let package = Package(
    name: "sendlog",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "sendlog", targets: ["sendlog"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.9.0"),
    ],
    targets: [
        .target(name: "SendLogNetwork"),
        .target(name: "SendLogCore", dependencies: ["SendLogNetwork"]),
        .target(
            name: "SendLogScheduling",
            dependencies: ["SendLogCore", .product(name: "DequeModule", package: "swift-collections")]
        ),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(name: "SendLogHash", dependencies: ["CCrypto"]),
        .target(
            name: "SendLogContent",
            dependencies: ["SendLogCore", "SendLogHash", "CZlib"]
        ),
        .target(
            name: "SendLogRecipients",
            dependencies: ["SendLogCore", "SendLogContent", "SendLogHash", "SendLogScheduling"]
        ),
        .target(
            name: "SendLogSQLite",
            dependencies: [
                "SendLogCore", "SendLogContent", "SendLogRecipients", "SendLogScheduling", "CSQLite",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "HeapModule", package: "swift-collections"),
            ]
        ),
        .target(
            name: "SendLogPostgres",
            dependencies: [
                "SendLogCore", "SendLogContent", "SendLogRecipients", "SendLogScheduling", "CLibPQ",
            ]
        ),
        .target(
            name: "SendLogHTTP",
            dependencies: [
                "SendLogNetwork",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "SendLogServices",
            dependencies: [
                "SendLogCore", "SendLogHash", "SendLogNetwork",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "SendLogAPI",
            dependencies: [
                "SendLogCore", "SendLogContent", "SendLogHTTP", "SendLogNetwork", "SendLogRecipients",
                "SendLogScheduling", "SendLogServices",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            resources: [.embedInCode("Resources/openapi.json")]
        ),
        .target(
            name: "SendLogConsole",
            dependencies: [
                "SendLogCore", "SendLogContent", "SendLogHTTP", "SendLogAPI", "SendLogHash", "SendLogRecipients",
                "SendLogScheduling", "SendLogServices",
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            resources: [.embedInCode("Resources")]
        ),
        .target(
            name: "SendLogWebhooks",
            dependencies: [
                "SendLogCore", "SendLogHash", "SendLogNetwork", "SendLogScheduling", "CCurl",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "SendLogServer",
            dependencies: [
                "SendLogCore", "SendLogContent", "SendLogRecipients", "SendLogSQLite", "SendLogPostgres", "SendLogHTTP",
                "SendLogAPI", "SendLogConsole", "SendLogNetwork", "SendLogScheduling", "SendLogServices",
                "SendLogWebhooks",
                "CMalloc",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        .executableTarget(
            name: "sendlog",
            dependencies: [
                "SendLogCore", "SendLogContent", "SendLogRecipients", "SendLogServer", "SendLogServices",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),

        // The hot paths, measured one by one: make bench.
        .executableTarget(
            name: "SendLogBenchmarks",
            dependencies: [
                "SendLogCore", "SendLogContent", "SendLogRecipients", "SendLogSQLite",
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/SendLogBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),

        // What the tests of several targets need: random numbers, temporary folders, child processes.
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        // What every store must do, as one suite; only test targets depend on it.
        .target(
            name: "StoreChecks",
            dependencies: ["SendLogCore", "SendLogContent", "SendLogRecipients", "TestSupport"],
            path: "Tests/StoreChecks"
        ),
        // A PostgreSQL server that the tests start, and failures to simulate; only test targets depend on it.
        .target(name: "PostgresHarness", dependencies: ["TestSupport"], path: "Tests/PostgresHarness"),
        .testTarget(
            name: "SendLogRecipientsTests",
            dependencies: ["SendLogRecipients", "SendLogCore", "TestSupport"]
        ),
        .testTarget(
            name: "EndToEndTests",
            // These tests run the built executable and link none of its modules.
            dependencies: ["PostgresHarness", "TestSupport"],
            exclude: [
                "ContractTests/generated_client.py", "WebhookTests/receiver.py", "WebhookTests/verify.py",
            ]
        ),
        .testTarget(name: "SendLogSchedulingTests", dependencies: ["SendLogScheduling", "SendLogCore", "TestSupport"]),
        .testTarget(
            name: "SendLogCoreTests",
            dependencies: ["SendLogCore", "SendLogContent", "SendLogHash", "SendLogSQLite", "TestSupport"]
        ),
        .testTarget(
            name: "SendLogAPITests",
            dependencies: [
                "SendLogAPI", "SendLogContent", "SendLogHTTP", "SendLogNetwork", "SendLogRecipients",
                "SendLogScheduling", "SendLogSQLite", "SendLogServices", "StoreChecks", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "SendLogConsoleTests",
            dependencies: [
                "SendLogConsole", "SendLogServices", "SendLogAPI", "SendLogHTTP", "SendLogCore", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "SendLogWebhooksTests",
            dependencies: [
                "SendLogWebhooks", "SendLogCore", "SendLogContent", "SendLogNetwork", "SendLogSQLite", "StoreChecks",
                "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["tls_receiver.py"]
        ),
        .testTarget(
            name: "SendLogServerTests",
            dependencies: [
                "SendLogServer", "SendLogAPI", "SendLogCore", "SendLogHTTP", "SendLogNetwork", "SendLogScheduling",
                "SendLogServices", "SendLogSQLite", "SendLogPostgres", "SendLogWebhooks", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "SendLogPostgresTests",
            dependencies: [
                "SendLogPostgres", "SendLogContent", "SendLogRecipients", "StoreChecks", "PostgresHarness",
                "TestSupport",
            ]
        ),
        .testTarget(
            name: "SendLogSQLiteTests",
            dependencies: [
                "SendLogSQLite", "SendLogRecipients", "StoreChecks", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
    ]
)

// Targets that scan, parse or store are optimised in debug builds too, with assertions kept; otherwise tests of
// millions of destinations take minutes.
let hot = [
    "SendLogCore", "SendLogContent", "SendLogHash", "SendLogHTTP", "SendLogRecipients", "SendLogSQLite",
]

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .unsafeFlags(["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release)),
    ]
    if hot.contains(target.name) {
        let optimised: [String] = ["-O", "-assert-config", "Debug"]
        target.swiftSettings?.append(.unsafeFlags(optimised, .when(configuration: .debug)))
    }
}
