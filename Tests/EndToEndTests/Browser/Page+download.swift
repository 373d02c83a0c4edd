import Foundation
import Synchronization
import TestSupport

/// A file that a page downloaded.
struct Download: Sendable {
    let url: String
    /// The file name that the server suggests.
    let name: String
    let bytes: [UInt8]
}

/// The progress of a download into a folder.
///
/// Chromium reports the downloads of all pages to each listener. Only the folder of the complete file shows to which
/// page it belongs.
private final class DownloadProgress: Sendable {
    struct State {
        var started: [String: (url: String, name: String)] = [:]
        var complete: (url: String, name: String, path: String)?
    }

    let state = Mutex(State())
    private let folder: String

    init(into folder: String) {
        self.folder = folder
    }

    func receive(_ event: String, _ parameters: JSON) {
        let id = parameters["guid"].plainText
        state.withLock { state in
            if event == "Browser.downloadWillBegin" {
                state.started[id] = (parameters["url"].plainText, parameters["suggestedFilename"].plainText)
            } else if event == "Browser.downloadProgress", parameters["state"] == "completed",
                let path = parameters["filePath"].string, path.hasPrefix("\(folder)/"), let file = state.started[id]
            {
                state.complete = (file.url, file.name, path)
            }
        }
    }
}

extension Page {
    /// Runs an action that downloads a file, and waits until the file is complete.
    ///
    /// - Throws: if no download begins, or if it is not complete in time.
    func download(atMost seconds: Double = 60, by action: () throws -> Void) throws -> Download {
        let (devTools, folder) = (browser.devTools, try TemporaryFolder())
        let progress = DownloadProgress(into: folder.path)
        // Only a session with the browser can set the download folder of a context.
        let session = try devTools.call("Target.attachToBrowserTarget")["sessionId"].plainText
        devTools.listen(to: session) { progress.receive($0, $1) }
        defer {
            devTools.listen(to: session, nil)
            devTools.post("Target.detachFromTarget", ["sessionId": .string(session)])
        }
        try devTools.call(
            "Browser.setDownloadBehavior",
            [
                "behavior": "allowAndName", "browserContextId": .string(context), "downloadPath": .string(folder.path),
                "eventsEnabled": true,
            ],
            session: session
        )
        try action()
        _ = Deadline.poll(for: seconds) { progress.state.withLock { $0.complete != nil } }
        let state = progress.state.withLock { $0 }
        guard let file = state.complete else {
            let started = state.started.values.map(\.url).sorted().joined(separator: ", ")
            let what = started.isEmpty ? "no download began" : "no download was completed, only started: \(started),"
            throw TestFailure("\(what) within \(seconds) s")
        }
        let bytes = try Data(contentsOf: URL(filePath: file.path))
        return Download(url: file.url, name: file.name, bytes: Array(bytes))
    }
}
