import TestSupport

extension Page {
    /// Presses a key and lets it go, wherever the focus is.
    func press(_ key: Key, with held: KeyModifiers = []) throws {
        var event: [String: JSON] = [
            "key": .string(key.name), "code": .string(key.code),
            "windowsVirtualKeyCode": .number(Double(key.number)), "modifiers": .number(Double(held.rawValue)),
        ]
        func send(_ type: String) throws {
            event["type"] = .string(type)
            try call("Input.dispatchKeyEvent", .object(event))
        }
        if !key.text.isEmpty, held.isSubset(of: .shift) {
            event["text"] = .string(key.text)
            try send("keyDown")
            event["text"] = nil
        } else {
            try send("rawKeyDown")
        }
        try send("keyUp")
    }

    /// Clicks into a text field and types, key by key, in place of what was there.
    ///
    /// - Throws: where it cannot be clicked, or nothing can be written there.
    func type(_ text: String, into locator: Locator) throws {
        try enter(locator)
        if text.isEmpty { try press(.backspace) }
        for character in text { try press(.character(character)) }
    }

    /// Clicks into a text field and puts a text there at once, in place of what was there, as who copied it would.
    ///
    /// - Throws: where it cannot be clicked, or nothing can be written there.
    func paste(_ text: String, into locator: Locator) throws {
        try enter(locator)
        try call("Input.insertText", ["text": .string(text)])
    }

    /// Clicks into a text field and selects what is there.
    private func enter(_ locator: Locator) throws {
        try click(locator)
        let isWritable = try call(
            """
            function() {
                const types = ['text', 'search', 'email', 'url', 'tel', 'password', 'number', 'textarea'];
                return document.activeElement === this && !this.readOnly
                    && (this.isContentEditable || types.includes(this.type));
            }
            """,
            on: locator
        )
        guard isWritable.isTrue else { throw TestFailure("cannot write into \(locator): it is not a text field") }
        try press(.character("a"), with: .control)
    }

    /// Sets a control that has no text to be typed, as a date, and tells the page as if its user had.
    ///
    /// - Throws: where the control does not take the value.
    func set(_ value: String, in locator: Locator) throws {
        let taken = try call(
            """
            function(value) {
                if (this.matches(':disabled') || this.readOnly) return null;
                const type = Object.getPrototypeOf(this);
                // Past a property that a script may have put before it.
                Object.getOwnPropertyDescriptor(type, 'value').set.call(this, value);
                this.dispatchEvent(new Event('input', { bubbles: true }));
                this.dispatchEvent(new Event('change', { bubbles: true }));
                return this.value;
            }
            """,
            on: locator,
            .string(value)
        )
        guard taken == .string(value) else {
            throw TestFailure("\(locator) does not take \(value): \(taken.plainText)")
        }
    }

    /// Selects an option of a list by its value, and tells the page as if its user had.
    ///
    /// - Throws: where there is no such option, or it cannot be selected.
    func select(_ value: String, in locator: Locator) throws {
        let problem = try call(
            """
            function(value) {
                if (!(this instanceof HTMLSelectElement)) return 'it is not a select element';
                if (!this.checkVisibility({ visibilityProperty: true })) return 'it is hidden';
                if (this.matches(':disabled')) return 'it is disabled';
                const option = [...this.options].find((option) => option.value === value);
                if (!option) return 'there are only ' + [...this.options].map((option) => option.value).join(', ');
                if (option.matches(':disabled')) return 'the option is disabled';
                this.focus();
                option.selected = true;
                this.dispatchEvent(new Event('input', { bubbles: true }));
                this.dispatchEvent(new Event('change', { bubbles: true }));
                return null;
            }
            """,
            on: locator,
            .string(value)
        )
        guard problem == .null else { throw TestFailure("cannot select \(value) in \(locator): \(problem.plainText)") }
    }
}
