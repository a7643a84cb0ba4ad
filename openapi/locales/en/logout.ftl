logout-title = Sign out?
logout-lead = { $client } asks to sign you out.
logout-what = You will be signed out of Doorward in this browser. Applications may ask you to sign in again.
logout-confirm = Sign out
logout-stay = Stay signed in

signing-out-title = Signing you out
signing-out-lead = The applications that you used are being told. This takes a moment.
signing-out-onward = Continue
signing-out-frame = An application that is being told

logged-out-title = You are signed out
logged-out-lead = It is safe to leave this page.
logged-out-shared = On a device that others use, also close the browser.
