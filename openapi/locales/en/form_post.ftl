form-post-title = Nearly there
form-post-lead = You go back to { $destination }. If nothing happens, press the button.
form-post-submit = Continue
