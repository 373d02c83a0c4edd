import Foundation
import TestSupport

extension Page {
    /// The width in CSS pixels of a page of A4 between the margins of the style sheet.
    static let printedWidth = 703

    /// Prints the page on A4, as a PDF file.
    ///
    /// - Throws: if Chromium makes no PDF, or if the file cannot be written.
    func print(to path: String) throws {
        let size: JSON = ["paperWidth": .number(8.27), "paperHeight": .number(11.69), "preferCSSPageSize": .bool(true)]
        let response = try call("Page.printToPDF", size, atMost: 60)
        guard let pdf = Data(base64Encoded: response["data"].plainText) else {
            throw TestFailure("Chromium made no PDF of \(try url)")
        }
        try pdf.write(to: URL(filePath: path))
    }

    /// Prints the page on A4 and returns the text of each sheet, without white space.
    ///
    /// A PDF file does not say where words end.
    func printedTexts() throws -> [String] {
        let folder = try TemporaryFolder()
        try print(to: folder.file("page.pdf"))
        let read =
            "import pypdf, sys; print('\\f'.join(page.extract_text() for page in pypdf.PdfReader(sys.argv[1]).pages))"
        let texts = try Python.run(["-c", read, folder.file("page.pdf")]).succeeded().output
        return texts.split(separator: "\u{c}", omittingEmptySubsequences: false)
            // A letter may be printed as a part of a ligature.
            .map { $0.precomposedStringWithCompatibilityMapping.filter { !$0.isWhitespace } }
    }

    /// Shows the page as it is printed, or again as it is on the screen.
    func emulatePrint(_ isPrinted: Bool) throws {
        try call("Emulation.setEmulatedMedia", ["media": .string(isPrinted ? "print" : "")])
    }
}
