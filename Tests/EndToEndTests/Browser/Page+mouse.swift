import TestSupport

extension Page {
    /// Clicks the middle of an element with the mouse.
    ///
    /// - Parameters:
    ///   - locator: which element
    ///   - seconds: how long it may take until the element is there, holds still and can be clicked
    /// - Throws: where it is missing, hidden, disabled or covered by something else.
    func click(_ locator: Locator, atMost seconds: Double = 60) throws {
        let (x, y) = try aim(at: locator, atMost: seconds)
        let point: [String: JSON] = ["x": .number(x), "y": .number(y)]
        let button: [String: JSON] = ["button": "left", "clickCount": 1]
        func send(_ type: String, _ more: [String: JSON] = [:]) throws {
            let all = point.merging(more) { own, _ in own }.merging(["type": .string(type)]) { own, _ in own }
            try call("Input.dispatchMouseEvent", .object(all))
        }
        try send("mouseMoved")
        try send("mousePressed", button)
        try send("mouseReleased", button)
    }

    /// Clicks and waits until the document that follows is loaded.
    ///
    /// - Throws: where it cannot be clicked, or no document follows in time.
    func clickAndLoad(_ locator: Locator, atMost seconds: Double = 60) throws {
        let former = try url
        do { try loading(atMost: seconds) { try click(locator) } } catch {
            throw TestFailure("clicking \(locator) in \(former): \(error)")
        }
    }

    /// The middle of an element, when it is the same twice in a row.
    private func aim(at locator: Locator, atMost seconds: Double) throws -> (x: Double, y: Double) {
        var (last, problem): ((x: Double, y: Double)?, String) = (nil, "")
        let isFound = try Deadline.poll(for: seconds) {
            let answer: JSON
            do { answer = try call(Self.aiming, on: locator) } catch let failure as TestFailure {
                (last, problem) = (nil, failure.description)
                return false
            }
            guard let x = answer["x"].double, let y = answer["y"].double else {
                (last, problem) = (nil, "\(locator) \(answer["problem"].plainText)")
                return false
            }
            defer { last = (x, y) }
            guard let last else { return false }
            problem = "\(locator) does not hold still"
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
            // A bar that stays on top may cover an element at the edge, but not in the middle.
            for (const block of ['nearest', 'center']) {
                this.scrollIntoView({ block, inline: 'nearest', behavior: 'instant' });
                // A link may go on in the next line.
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
