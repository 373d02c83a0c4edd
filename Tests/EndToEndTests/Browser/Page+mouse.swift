import TestSupport

extension Page {
    /// Clicks the middle of an element with the mouse.
    ///
    /// - Parameters:
    ///   - locator: the element
    ///   - seconds: how long to wait until the element exists, does not move, and can be clicked
    /// - Throws: if the element is missing, hidden, disabled or covered by another element.
    func click(_ locator: Locator, atMost seconds: Double = 60) throws {
        let (x, y) = try aim(at: locator, atMost: seconds)
        let point: [String: JSON] = ["x": .number(x), "y": .number(y)]
        let button: [String: JSON] = ["button": "left", "clickCount": 1]
        func send(_ type: String, _ more: [String: JSON] = [:]) throws {
            let all = point.merging(more) { first, _ in first }.merging(["type": .string(type)]) { first, _ in first }
            try call("Input.dispatchMouseEvent", .object(all))
        }
        try send("mouseMoved")
        try send("mousePressed", button)
        try send("mouseReleased", button)
    }

    /// Clicks an element and waits until the next document is loaded.
    ///
    /// - Throws: if the element cannot be clicked, or if no document is loaded in time.
    func clickAndLoad(_ locator: Locator, atMost seconds: Double = 60) throws {
        let former = try url
        do { try loading(atMost: seconds) { try click(locator) } } catch {
            throw TestFailure("clicking \(locator) in \(former): \(error)")
        }
    }

    /// Returns the middle of an element once it is at the same point twice in a row.
    private func aim(at locator: Locator, atMost seconds: Double) throws -> (x: Double, y: Double) {
        var (last, problem): ((x: Double, y: Double)?, String) = (nil, "")
        let isFound = try Deadline.poll(for: seconds) {
            let result: JSON
            do { result = try call(Self.aiming, on: locator) } catch let failure as TestFailure {
                (last, problem) = (nil, failure.description)
                return false
            }
            guard let x = result["x"].double, let y = result["y"].double else {
                (last, problem) = (nil, "\(locator) \(result["problem"].plainText)")
                return false
            }
            defer { last = (x, y) }
            guard let last else { return false }
            problem = "\(locator) does not stop moving"
            return last == (x, y)
        }
        guard isFound, let last else { throw TestFailure("cannot click: \(problem)") }
        return last
    }

    private static let aiming = """
        function() {
            if (!this.checkVisibility({ visibilityProperty: true })) return { problem: 'is hidden' };
            if (this.matches(':disabled')) return { problem: 'is disabled' };
            let hit;
            // A sticky bar may cover an element at the edge of the window, but not in the middle.
            for (const block of ['nearest', 'center']) {
                this.scrollIntoView({ block, inline: 'nearest', behavior: 'instant' });
                // A link may wrap to the next line.
                const box = [...this.getClientRects()].find(({ width, height }) => width > 0 && height > 0);
                if (!box) return { problem: 'is hidden' };
                const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
                hit = document.elementFromPoint(x, y);
                while (hit?.shadowRoot?.elementFromPoint(x, y)) hit = hit.shadowRoot.elementFromPoint(x, y);
                if (hit && (this.contains(hit) || this.shadowRoot?.contains(hit)
                    || hit.closest('label')?.control === this)) {
                    const view = window.visualViewport;
                    return { x: x - view.offsetLeft, y: y - view.offsetTop };
                }
            }
            return { problem: hit ? 'is covered by ' + hit.cloneNode().outerHTML : 'is outside of the window' };
        }
        """
}
