sign-in-title = Sign in
sign-in-lead = to continue to { $client }
sign-in-again-title = Confirm it’s you
sign-in-again-asked = { $client } asks you to enter your password again, although you are already signed in.
sign-in-again-too-old = { $client } asks for a recent sign-in, and your last one was too long ago.

sign-in-username = Username, e-mail or phone
sign-in-username-fixed = Your account
sign-in-password = Password
sign-in-remember-me = Keep me signed in
sign-in-remember-me-hint = Not on a device that others use.
sign-in-submit = Sign in
sign-in-again-submit = Continue

sign-in-wrong-title = That did not work
sign-in-wrong = The username or the password is wrong. Check both and try again.
sign-in-locked-title = Too many attempts
sign-in-locked = To keep the account safe, signing in is paused. Try again { $wait }.
sign-in-locked-help = The pause ends by itself. If you cannot wait, ask the people who run this sign-in to lift it.
sign-in-busy-title = A moment, please
sign-in-busy = Many people are signing in right now. Nothing is wrong with what you typed: try again in a few seconds.
sign-in-empty-title = Something is missing
sign-in-empty = Fill in what is marked below.
sign-in-empty-username = Enter your username, e-mail or phone
sign-in-empty-password = Enter your password
