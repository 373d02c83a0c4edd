import Foundation
import TestSupport

extension Page {
    /// Writes what the page looks like as a PNG file.
    ///
    /// - Parameters:
    ///   - path: of the file
    ///   - fullPage: whether it shows the whole page, not only what is in the window
    /// - Throws: where there is no picture, or the file cannot be written.
    func screenshot(to path: String, fullPage: Bool = false) throws {
        var parameters: [String: JSON] = ["format": "png"]
        if fullPage {
            let size = try call("Page.getLayoutMetrics")["cssContentSize"].members
            parameters["clip"] = .object(size.merging(["scale": 1]) { own, _ in own })
            parameters["captureBeyondViewport"] = true
        }
        let answer = try call("Page.captureScreenshot", .object(parameters), atMost: 60)
        guard let image = Data(base64Encoded: answer["data"].plainText) else {
            throw TestFailure("Chromium made no screenshot of \(try url)")
        }
        try image.write(to: URL(filePath: path))
    }
}
