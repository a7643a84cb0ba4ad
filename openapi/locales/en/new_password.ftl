new-password-title = Choose a new password
new-password-lead = Your old one must not be used any more. Then you continue to { $client }.
new-password-label = New password
new-password-hint = At most 1,024 characters, and not the old one. On all other devices you will have to sign in again.
new-password-submit = Save and continue

new-password-empty-title = Something is missing
new-password-empty = Enter the password that you want to use from now on.
new-password-too-long-title = That is too long
new-password-too-long = Choose a password of at most 1,024 characters.
new-password-same-title = That is your old password
new-password-same = Choose another one.
