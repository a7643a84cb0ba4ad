logout-title = Sign out?
logout-lead = { $client } asks to sign you out.
logout-what = You will be signed out of Doorward in this browser. Applications may ask you to sign in again.
logout-confirm = Sign out
logout-stay = Stay signed in

logged-out-title = You are signed out
logged-out-lead = It is safe to leave this page.
logged-out-shared = On a device that others use, also close the browser.
