extension Setting {
    /// All settings.
    public static let all = [
        database, host, port, idleTimeout, headTimeout, drainTimeout, minBodyRate, maxConnections,
        maxConnectionsPerAddress, trustedProxies, basePath, allowedOrigins, maxStreams, maxStreamsPerOrganisation,
        maxUploads, maxUploadsPerOrganisation, httpThreads, workerThreads, logLevel, logFormat, logBufferBytes,
        rateLimitRequests, rateLimitWindow, rateLimitConsoleRequests, spoolFolder, sqliteReaders, sqliteLockTimeout,
        sqliteCheckpointSeconds, postgresConnections, postgresWaitTimeout, keyCacheSeconds, recipientIndex,
        consoleSessionMinutes, webhookAllow, webhookTimeout, webhookRetrySeconds, webhookKeepDays, webhookWorkers,
        webhookLease, webhookMaxMetrics,
    ]
}
