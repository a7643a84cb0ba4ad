//! The rows: a reason, where it is met, what is told there, what it means, what to do.

use super::super::RefusedAt;
use crate::oauth_error::ErrorCode;

reasons! {
    ParameterRepeated = "parameter_repeated"
        [Authorize InvalidRequest, Logout InvalidRequest, Token InvalidRequest, Introspect InvalidRequest, Revoke InvalidRequest, Userinfo InvalidRequest, SignIn InvalidRequest]
        "A parameter was sent more than once." "Send it once (RFC 6749 §3.1, §3.2).";
    ParameterMissing = "parameter_missing"
        [Token InvalidRequest, Introspect InvalidRequest, Revoke InvalidRequest]
        "A parameter that the grant or the endpoint needs was not sent." "Send it; the facts name it.";
    ParametersMalformed = "parameters_malformed"
        [Authorize InvalidRequest, Logout InvalidRequest, Token InvalidRequest, Introspect InvalidRequest, Revoke InvalidRequest, Userinfo InvalidRequest, SignIn InvalidRequest]
        "The query or the body cannot be read as parameters: badly encoded, too many, or too long." "Send application/x-www-form-urlencoded within the limits.";
    BodyNotAForm = "body_not_a_form"
        [Authorize InvalidRequest, Logout InvalidRequest, Token InvalidRequest, Introspect InvalidRequest, Revoke InvalidRequest, SignIn InvalidRequest]
        "The body has another content type than a form." "Send application/x-www-form-urlencoded.";
    BodyNotRead = "body_not_read"
        [Authorize InvalidRequest, Logout InvalidRequest, Token InvalidRequest, Introspect InvalidRequest, Revoke InvalidRequest, Userinfo InvalidRequest, SignIn InvalidRequest]
        "The body is larger than 64 KiB, or broke off." "Send less, or send it again.";
    ClientIdMissing = "client_id_missing"
        [Authorize InvalidRequest]
        "The request names no client." "Send client_id.";
    ClientUnknown = "client_unknown"
        [Authorize InvalidRequest, Logout InvalidRequest, Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "No client has this client_id, or at the authorization endpoint: it is disabled." "Compare client_id with the registered one; ids begin with cli_.";
    ClientDisabled = "client_disabled"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "The client is disabled." "Enable it, if it should work again.";
    RedirectUriMissing = "redirect_uri_missing"
        [Authorize InvalidRequest]
        "The request has no redirect_uri." "Send one of the registered URIs, also where only one is registered.";
    RedirectUriNotRegistered = "redirect_uri_not_registered"
        [Authorize InvalidRequest]
        "redirect_uri is none that the client registered, character by character." "Look at the difference; correct the request, or register the URI.";
    PostLogoutRedirectUriNotRegistered = "post_logout_redirect_uri_not_registered"
        [Logout InvalidRequest]
        "post_logout_redirect_uri is none that the client registered, character by character." "Look at the difference; correct the request, or register the URI.";
    RequestNotSupported = "request_not_supported"
        [Authorize RequestNotSupported]
        "A request object was sent." "Send the parameters in the query.";
    RequestUriNotSupported = "request_uri_not_supported"
        [Authorize RequestUriNotSupported]
        "The URI of a request object was sent." "Send the parameters in the query.";
    RegistrationNotSupported = "registration_not_supported"
        [Authorize RegistrationNotSupported]
        "The client tried to register within the request." "Register it before.";
    ResponseTypeMissing = "response_type_missing"
        [Authorize InvalidRequest]
        "The request has no response_type." "Send response_type, such as code.";
    ResponseTypeUnsupported = "response_type_unsupported"
        [Authorize UnsupportedResponseType]
        "There is no such response type here." "Use one of response_types_supported in the discovery document.";
    ResponseTypeNotAllowed = "response_type_not_allowed"
        [Authorize UnsupportedResponseType]
        "The client is not registered for this response type." "Register it, or use a registered one.";
    ResponseModeUnsupported = "response_mode_unsupported"
        [Authorize InvalidRequest]
        "There is no such response mode here." "Leave response_mode out, or send query, fragment or form_post.";
    ResponseModeImpossible = "response_mode_impossible"
        [Authorize InvalidRequest]
        "The answer cannot travel so: tokens never go into a query, and no form is posted to an application on a device." "Leave response_mode out, or send fragment or form_post.";
    GrantTypeUnsupported = "grant_type_unsupported"
        [Token UnsupportedGrantType]
        "There is no such grant type here." "Use one of grant_types_supported in the discovery document.";
    GrantTypeNotAllowed = "grant_type_not_allowed"
        [Authorize UnauthorizedClient, Token UnauthorizedClient]
        "The client is not registered for this grant type." "Register it, or use a registered one.";
    ScopeMissing = "scope_missing"
        [Authorize InvalidScope]
        "The request has no scope." "Send scope, with openid for an ID token.";
    ScopeMalformed = "scope_malformed"
        [Authorize InvalidScope, Token InvalidScope]
        "scope is no list of scopes, separated by single spaces." "Correct it (RFC 6749 §3.3).";
    ScopeNotAllowed = "scope_not_allowed"
        [Authorize InvalidScope, Token InvalidScope]
        "None of the scopes may be given to the client, or openid may not." "Ask for less, or allow the client more.";
    ScopeExceeded = "scope_exceeded"
        [Token InvalidScope]
        "More scopes were asked for than the end-user granted." "Ask for what was granted, or less.";
    ScopeInsufficient = "scope_insufficient"
        [Userinfo InsufficientScope]
        "The access token does not have the scope openid." "Ask for openid in the authorization request.";
    OpenidMissing = "openid_missing"
        [Authorize InvalidScope]
        "An ID token was asked for without the scope openid." "Ask for openid, or leave id_token out of response_type.";
    ResourceMalformed = "resource_malformed"
        [Authorize InvalidTarget, Token InvalidTarget]
        "resource is no absolute URI without a fragment." "Correct it (RFC 8707 §2).";
    ResourceNotRegistered = "resource_not_registered"
        [Authorize InvalidTarget, Token InvalidTarget]
        "The client is not registered for this resource." "Look at the difference; correct the request, or register the resource.";
    ResourceExceeded = "resource_exceeded"
        [Authorize InvalidTarget, Token InvalidTarget]
        "A resource was asked for beyond what was granted." "Name it in the authorization request.";
    StateMalformed = "state_malformed"
        [Authorize InvalidRequest, Logout InvalidRequest]
        "state is too long or has control characters." "Send less: 4096 bytes at authorize, 1024 at logout.";
    NonceMalformed = "nonce_malformed"
        [Authorize InvalidRequest]
        "nonce is longer than 1024 bytes or has control characters." "Send a shorter one.";
    NonceMissing = "nonce_missing"
        [Authorize InvalidRequest]
        "An ID token would come through the browser, and the request has no nonce." "Send a nonce, and compare it with that of the ID token.";
    CodeChallengeMalformed = "code_challenge_malformed"
        [Authorize InvalidRequest]
        "code_challenge is no SHA-256 in base64url." "Send BASE64URL(SHA256(code_verifier)), 43 characters without padding (RFC 7636 §4.2).";
    CodeChallengeMethodUnsupported = "code_challenge_method_unsupported"
        [Authorize InvalidRequest]
        "code_challenge_method is missing or not S256." "Send S256; plain is refused.";
    CodeChallengeMethodAlone = "code_challenge_method_alone"
        [Authorize InvalidRequest]
        "code_challenge_method came without code_challenge." "Send both or neither.";
    CodeChallengeMissing = "code_challenge_missing"
        [Authorize InvalidRequest]
        "The client must use PKCE and sent no code_challenge." "Use PKCE with S256.";
    PromptUnknown = "prompt_unknown"
        [Authorize InvalidRequest]
        "prompt has a value that is not understood." "Use none, login, consent or select_account.";
    PromptNoneNotAlone = "prompt_none_not_alone"
        [Authorize InvalidRequest]
        "prompt has none and something else." "Send none alone.";
    MaxAgeMalformed = "max_age_malformed"
        [Authorize InvalidRequest]
        "max_age is no number of seconds." "Send digits alone.";
    ClaimsMalformed = "claims_malformed"
        [Authorize InvalidRequest]
        "The parameter claims cannot be read, or asks for too much." "Send a JSON object as OpenID Connect Core 1.0 §5.5 has it, of at most 4096 bytes.";
    AcrUnmet = "acr_unmet"
        [Authorize UnmetAuthenticationRequirements]
        "claims asks for an acr as essential that nobody can achieve here." "Ask for one of acr_values_supported in the discovery document, or not as essential.";
    IdTokenHintInvalid = "id_token_hint_invalid"
        [Authorize InvalidRequest, Logout InvalidRequest]
        "id_token_hint is no ID token that was issued here, at authorize for this client." "Send an ID token as it was issued, or leave it out.";
    IdTokenHintOfAnotherClient = "id_token_hint_of_another_client"
        [Logout InvalidRequest]
        "id_token_hint was issued to another client than client_id." "Send the hint of the same client, or leave client_id out.";
    LogoutClientMissing = "logout_client_missing"
        [Logout InvalidRequest]
        "A redirect was asked for, and nothing says by which client." "Send id_token_hint or client_id.";
    LogoutUnknown = "logout_unknown"
        [Logout InvalidRequest]
        "The confirmation of a logout is not one of ours, or too old." "Ask the end-user to sign out again.";
    LogoutOfAnotherSession = "logout_of_another_session"
        [Logout InvalidRequest]
        "The logout was asked for in another session than the browser has now." "Ask the end-user to sign out again.";
    LoginRequired = "login_required"
        [Authorize LoginRequired, SignIn LoginRequired]
        "prompt=none, and nobody is signed in well enough on the browser." "Ask again without prompt=none. Where cookies of other sites are blocked, a request in a frame always ends so.";
    ConsentRequired = "consent_required"
        [Authorize ConsentRequired, SignIn ConsentRequired]
        "prompt=none, and the end-user has not allowed all of it before." "Ask again without prompt=none.";
    AnotherEndUser = "another_end_user"
        [Authorize LoginRequired, SignIn LoginRequired]
        "Somebody else signed in than id_token_hint or the sub of claims names." "Leave it out, or ask the end-user to change accounts.";
    AccessDenied = "access_denied"
        [Authorize AccessDenied, SignIn AccessDenied]
        "The end-user said no." "Nothing: it is theirs to decide.";
    NothingToGive = "nothing_to_give"
        [Authorize AccessDenied, SignIn AccessDenied]
        "The client asked for permissions alone, and the end-user has none of them." "Give the end-user a permission, or ask for what they have.";
    SignInUnknown = "sign_in_unknown"
        [SignIn InvalidRequest]
        "The sign-in does not exist, or was open for too long." "Begin again at the application.";
    SignInOfAnotherBrowser = "sign_in_of_another_browser"
        [SignIn InvalidRequest]
        "The sign-in began in another browser, or this one keeps no cookies." "Begin again at the application, with cookies.";
    SignInFinished = "sign_in_finished"
        [SignIn InvalidRequest]
        "The step was done before: a form was sent twice, or the back button used." "Begin again at the application.";
    SignInOutOfOrder = "sign_in_out_of_order"
        [SignIn InvalidRequest]
        "Another step is asked for now." "Follow the pages in their order.";
    SubmissionMalformed = "submission_malformed"
        [SignIn InvalidRequest, Logout InvalidRequest]
        "A page was opened by itself, its form is incomplete, or it was sent from another site." "Begin again at the application.";
    ClientNotNamed = "client_not_named"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "Neither the Authorization header nor the body names a client." "Authenticate as the client is registered to.";
    ClientAuthenticationAmbiguous = "client_authentication_ambiguous"
        [Token InvalidRequest, Introspect InvalidRequest, Revoke InvalidRequest]
        "The client authenticates in more than one way at once." "Use one way alone (RFC 6749 §2.3).";
    ClientIdContradicted = "client_id_contradicted"
        [Token InvalidRequest, Introspect InvalidRequest, Revoke InvalidRequest]
        "client_id is another than that by which the client authenticates." "Leave it out of the body, or send the same.";
    AuthorizationHeaderRepeated = "authorization_header_repeated"
        [Token InvalidRequest, Introspect InvalidRequest, Revoke InvalidRequest, Userinfo InvalidRequest, Admin InvalidRequest]
        "There is more than one Authorization header." "Send one; look for a proxy that adds another.";
    AuthorizationHeaderMalformed = "authorization_header_malformed"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient, Userinfo InvalidRequest, Admin InvalidRequest]
        "The Authorization header is not what its scheme asks for." "For Basic, form-encode id and secret before they are joined (RFC 6749 §2.3.1).";
    ClientAuthenticationUnsupported = "client_authentication_unsupported"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "There is no such way of client authentication here." "Use one of token_endpoint_auth_methods_supported in the discovery document.";
    ClientAuthenticationMethodNotRegistered = "client_authentication_method_not_registered"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "The client authenticates in another way than it is registered for." "Change the client's code, or its registration.";
    ClientSecretWrong = "client_secret_wrong"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "The secret is none of the client's, or has expired." "Rotate the secret and give the client the new one.";
    AssertionMalformed = "assertion_malformed"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "The client's assertion is no token that can be read." "Send a JWT in compact form (RFC 7523).";
    AssertionNotSigned = "assertion_not_signed"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "No registered key of the client has signed the assertion." "Compare the key and its kid with what is registered.";
    AssertionKeysNotFetched = "assertion_keys_not_fetched"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "The keys of the client are at its jwks_uri, and were not got from there; the facts say why." "Correct jwks_uri or what answers there; outgoing.allow and outgoing.ca_file of the configuration open more.";
    AssertionAlgorithm = "assertion_algorithm"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "The assertion is signed with another algorithm than the client is registered for." "Change the client's code, or its registration.";
    AssertionIssuerWrong = "assertion_issuer_wrong"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "iss of the assertion is not the client." "Put the client_id there.";
    AssertionSubjectWrong = "assertion_subject_wrong"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "sub of the assertion is not the client." "Put the client_id there.";
    AssertionAudienceWrong = "assertion_audience_wrong"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "aud of the assertion is somebody else, or more than the client's policy allows." "Put the issuer there, as one text.";
    AssertionExpired = "assertion_expired"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "The assertion has expired." "Make a new one for each request; compare the clocks.";
    AssertionTimesWrong = "assertion_times_wrong"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "exp of the assertion is missing or more than an hour ahead, or iat or nbf lies ahead." "Let it hold for some minutes; compare the clocks.";
    AssertionNameWrong = "assertion_name_wrong"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "jti of the assertion is missing, empty or too long." "Give each assertion a jti of its own.";
    AssertionReused = "assertion_reused"
        [Token InvalidClient, Introspect InvalidClient, Revoke InvalidClient]
        "The assertion was used before." "Make a new one for each request.";
    CodeUnknown = "code_unknown"
        [Token InvalidGrant]
        "No such code is known: it is mistaken, or it has expired and is forgotten." "Redeem a code at once; it holds for a minute by default.";
    CodeExpired = "code_expired"
        [Token InvalidGrant]
        "The code has expired, or its session has ended." "Redeem it at once, before the end-user signs out.";
    CodeReused = "code_reused"
        [Token InvalidGrant]
        "The code was redeemed before; what it gave was revoked." "Redeem it once. If the client did, somebody else has seen the code.";
    CodeOfAnotherClient = "code_of_another_client"
        [Token InvalidGrant]
        "The code was given to another client." "Compare the client_id of both requests.";
    RedirectUriMismatch = "redirect_uri_mismatch"
        [Token InvalidGrant]
        "redirect_uri is not the one of the authorization request." "Repeat it character by character; look at the difference.";
    CodeVerifierMalformed = "code_verifier_malformed"
        [Token InvalidGrant]
        "code_verifier has not 43 to 128 unreserved characters." "Make it as RFC 7636 §4.1 says.";
    CodeVerifierMissing = "code_verifier_missing"
        [Token InvalidGrant]
        "The authorization request had a code_challenge, and no code_verifier was sent." "Send it.";
    CodeVerifierUnasked = "code_verifier_unasked"
        [Token InvalidGrant]
        "code_verifier was sent, and the authorization request had no code_challenge." "Send both; if the client did, somebody has removed the challenge.";
    CodeVerifierMismatch = "code_verifier_mismatch"
        [Token InvalidGrant]
        "code_verifier does not match the code_challenge." "Send the verifier that the challenge was made from; the challenge is its SHA-256, not its text.";
    RefreshTokenUnknown = "refresh_token_unknown"
        [Token InvalidGrant]
        "No such refresh token is known: it is mistaken, or it has expired and is forgotten." "Let the end-user sign in again.";
    RefreshTokenExpired = "refresh_token_expired"
        [Token InvalidGrant]
        "The refresh token has expired." "Let the end-user sign in again.";
    RefreshTokenReused = "refresh_token_reused"
        [Token InvalidGrant]
        "The refresh token was replaced, and its grace is over; its family was revoked." "Keep the new refresh token of each answer. If the client does, somebody else has one.";
    RefreshTokenOfAnotherClient = "refresh_token_of_another_client"
        [Token InvalidGrant]
        "The refresh token was given to another client." "Compare the client_id of both requests.";
    GrantRevoked = "grant_revoked"
        [Token InvalidGrant]
        "What the client was given was taken back, or its session has ended." "Let the end-user sign in again.";
    AccountDisabled = "account_disabled"
        [Token InvalidGrant]
        "The end-user may no longer sign in." "Enable the account, if it should work again.";
    TokenOfAnotherClient = "token_of_another_client"
        [Revoke InvalidGrant]
        "The token was given to another client." "Let that client revoke it.";
    AccessTokenMissing = "access_token_missing"
        [Userinfo InvalidRequest, Admin InvalidRequest]
        "No access token was sent." "Send Authorization: Bearer.";
    AccessTokenTwice = "access_token_twice"
        [Userinfo InvalidRequest]
        "The access token was sent in two ways at once." "Send it in the header alone (RFC 6750 §2).";
    TokenTooLong = "token_too_long"
        [Userinfo InvalidToken]
        "The token is longer than is read." "Send an access token of this provider.";
    TokenEncrypted = "token_encrypted"
        [Userinfo InvalidToken]
        "The token is encrypted." "Send an access token of this provider.";
    TokenMalformed = "token_malformed"
        [Userinfo InvalidToken]
        "The token is no JWT in compact form, or has claims that cannot be read." "Send the access token as it was issued.";
    TokenHeaderRefused = "token_header_refused"
        [Userinfo InvalidToken]
        "The header of the token holds something else than alg, kid and typ." "Send an access token of this provider.";
    TokenAlgorithmRefused = "token_algorithm_refused"
        [Userinfo InvalidToken]
        "The algorithm of the token is not accepted, or not that of its key." "Send an access token of this provider.";
    TokenKeyUnknown = "token_key_unknown"
        [Userinfo InvalidToken]
        "No published key has the kid of the token: somebody else issued it, or its key has retired." "Compare the issuer; get a new token.";
    TokenOfAnotherKind = "token_of_another_kind"
        [Userinfo InvalidToken]
        "It is a token of another kind, such as an ID token." "Send the access token.";
    TokenSignatureWrong = "token_signature_wrong"
        [Userinfo InvalidToken]
        "The signature of the token does not verify: it was altered or cut." "Send the access token as it was issued.";
    TokenIssuerWrong = "token_issuer_wrong"
        [Userinfo InvalidToken]
        "The token has another issuer." "Compare the issuer.";
    TokenAudienceWrong = "token_audience_wrong"
        [Userinfo InvalidToken]
        "The token is meant for somebody else." "Ask for a token for this resource.";
    TokenExpired = "token_expired"
        [Userinfo InvalidToken]
        "The token has expired." "Refresh it.";
    TokenNotValidYet = "token_not_valid_yet"
        [Userinfo InvalidToken]
        "The time of the token has not come." "Compare the clocks of the nodes.";
    TokenRevoked = "token_revoked"
        [Userinfo InvalidToken]
        "The token was taken back: itself, its grant, its session, its client or its account. Or it is none that was ever given." "Let the end-user sign in again; the facts say what was taken back.";
    OperatorNotBelieved = "operator_not_believed"
        [Admin InvalidToken]
        "The token is neither that of an operator nor an access token for the admin API that holds." "Sign in again, or make a new token.";
    PermissionMissing = "permission_missing"
        [Admin InsufficientScope]
        "The token holds, and does not allow this; the facts name the permission." "Ask for the scope, or give the operator the permission.";
    Problem = "problem"
        [Admin InvalidRequest]
        "A request to an API could not be carried out; the facts name the code of the problem." "Look the code up in the table of problems.";
}
