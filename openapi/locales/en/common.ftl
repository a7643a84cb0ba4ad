# Every page.
brand = Doorward
title-with-problem = Error: { $title }
new-tab = (opens in a new tab)
signed-in-as = Signed in as
back-to-client = Back to { $client }
to-first-page = To the first page
client-terms = Terms of { $client }
client-policy = Privacy policy of { $client }

# How long a person has to wait; completes a sentence.
wait-seconds = { $seconds ->
    [one] in one second
   *[other] in { $seconds } seconds
}
wait-minutes = { $minutes ->
    [one] in one minute
   *[other] in { $minutes } minutes
}
wait-hours = { $hours ->
    [one] in one hour
   *[other] in { $hours } hours
}
