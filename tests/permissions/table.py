"""Who gets what: a row for each route, by its name and method, and for each command of a socket.

A new route or command fails tests/permissions until it has its row here; the failure shows what each role
gets now. A method that a row does not name may give no more than GET does, and changes nothing.
"""

from tests.permissions.outcomes import ABSENT, FORBIDDEN, NO_METHOD, OK, READ_ONLY, SIGN_IN, UNKNOWN, Row

ANYBODY = Row(OK, OK, OK, OK, OK)
SIGNED_IN = Row(OK, OK, OK, OK, SIGN_IN)
OWNER = Row(OK, ABSENT, ABSENT, ABSENT, SIGN_IN)
WITH_KEY = Row(OK, FORBIDDEN, FORBIDDEN, FORBIDDEN, SIGN_IN)  # the owner has a passkey
WRONG_KEY = Row(SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, SIGN_IN)  # by an answer that nothing asked for
WITHOUT_APP = Row(ABSENT, ABSENT, ABSENT, ABSENT, SIGN_IN)  # nobody here has an authenticator app
LED_OUT = Row(SIGN_IN, SIGN_IN, SIGN_IN, SIGN_IN, SIGN_IN)
ABSENT_TO_ALL = Row(ABSENT, ABSENT, ABSENT, ABSENT, ABSENT)
ACCESS = Row(OK, OK, OK, OK, UNKNOWN, OK, OK, UNKNOWN)
WRITES = Row(OK, OK, OK, OK, UNKNOWN, OK, READ_ONLY, UNKNOWN)
OWNER_READS = Row(OK, ABSENT, ABSENT, ABSENT, UNKNOWN, OK, OK, UNKNOWN)
OWNER_WRITES = Row(OK, ABSENT, ABSENT, ABSENT, UNKNOWN, OK, READ_ONLY, UNKNOWN)
DESK = Row(SIGN_IN, SIGN_IN, OK, OK, SIGN_IN)
NO_DESK = Row(FORBIDDEN, FORBIDDEN, OK, OK, SIGN_IN)  # signed in, but not there
RIGHT = Row(SIGN_IN, SIGN_IN, FORBIDDEN, OK, SIGN_IN)
NO_RIGHT = Row(SIGN_IN, SIGN_IN, FORBIDDEN, FORBIDDEN, SIGN_IN)  # there is none to be given
NOWHERE_AT_DESK = Row(SIGN_IN, SIGN_IN, ABSENT, ABSENT, SIGN_IN)

Rows = dict[str, dict[str, Row]]


def edited_at_desk(model: str) -> Rows:
    views = ("add", "delete", "change")
    return {
        f"admin:{model}_changelist": {"GET": RIGHT, "POST": RIGHT},
        f"admin:{model}_history": {"GET": RIGHT},
        **{f"admin:{model}_{view}": {"GET": RIGHT, "POST": RIGHT} for view in views},
        f"admin/{model.replace('_', '/')}/<path:object_id>/": {"GET": DESK},  # leads to "change"
    }


def read_at_desk(model: str) -> Rows:
    return {
        **edited_at_desk(model),
        f"admin:{model}_add": {"GET": NO_RIGHT, "POST": NO_RIGHT},
        f"admin:{model}_delete": {"GET": NO_RIGHT, "POST": NO_RIGHT},
        f"admin:{model}_change": {"GET": RIGHT, "POST": NO_RIGHT},
    }


PAGES: Rows = {
    "new": {"GET": SIGNED_IN},
    "conversations": {"GET": SIGNED_IN},
    "archive": {"GET": SIGNED_IN},
    "palette": {"GET": SIGNED_IN},
    "offline": {"GET": ANYBODY},
    "diagram": {"GET": ANYBODY},
    "conversation": {"GET": OWNER},
    "older": {"GET": OWNER},
    "newer": {"GET": OWNER},
    "at": {"GET": OWNER},
    "details": {"GET": OWNER},
    "feedback": {"GET": OWNER},
    "source": {"GET": OWNER},
    "command": {"POST": OWNER},
}
SETTINGS: Rows = {
    "all_settings": {"GET": SIGNED_IN},
    "settings": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "devices": {"GET": SIGNED_IN, "POST": OWNER},
    "tokens": {"GET": SIGNED_IN},
    "token_new": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "token_revoke": {"GET": OWNER, "POST": OWNER},
    "readings": {"GET": SIGNED_IN},
    "delete_account": {"GET": SIGNED_IN, "POST": Row(SIGN_IN, OK, OK, OK, SIGN_IN)},  # the owner is gone
}
ACCOUNTS: Rows = {
    "account_login": {"GET": ANYBODY, "POST": ANYBODY},
    "account_signup": {"GET": ANYBODY, "POST": ANYBODY},
    "account_logout": {"GET": SIGNED_IN, "POST": LED_OUT},
    "account_inactive": {"GET": ANYBODY},
    "account_reauthenticate": {"GET": WITH_KEY, "POST": WITH_KEY},
    "account_email": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "account_email_verification_sent": {"GET": ANYBODY},
    "account_change_password": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "account_set_password": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "account_reset_password": {"GET": ANYBODY, "POST": ANYBODY},
    "account_reset_password_done": {"GET": ANYBODY},
    "account_reset_password_from_key": {"GET": ANYBODY, "POST": ANYBODY},
    "account_reset_password_from_key_done": {"GET": ANYBODY},
    "account_confirm_login_code": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "account_confirm_email": {"GET": ANYBODY, "POST": ABSENT_TO_ALL},
    "mfa_index": {"GET": SIGNED_IN},
    "mfa_authenticate": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "mfa_reauthenticate": {"GET": WITH_KEY, "POST": WITH_KEY},
    "mfa_activate_totp": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "mfa_deactivate_totp": {"GET": WITHOUT_APP, "POST": WITHOUT_APP},
    "mfa_view_recovery_codes": {"GET": WITHOUT_APP},
    "mfa_generate_recovery_codes": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "mfa_download_recovery_codes": {"GET": WITHOUT_APP},
    "mfa_list_webauthn": {"GET": SIGNED_IN},
    "mfa_add_webauthn": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "mfa_login_webauthn": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "mfa_reauthenticate_webauthn": {"GET": WITH_KEY, "POST": WRONG_KEY},
    "mfa_remove_webauthn": {"GET": OWNER, "POST": OWNER, "DELETE": OWNER},
    "mfa_edit_webauthn": {"GET": OWNER, "POST": OWNER},
}
ADMIN: Rows = {
    "admin:index": {"GET": DESK},
    "admin:login": {"GET": NO_DESK, "POST": NO_DESK},
    "admin:logout": {"GET": Row(OK, OK, NO_METHOD, NO_METHOD, OK), "POST": ANYBODY},
    "admin:password_change": {"GET": DESK, "POST": DESK},
    "admin:password_change_done": {"GET": DESK},
    "admin:autocomplete": {"GET": NO_RIGHT},
    "admin:jsi18n": {"GET": DESK},
    "admin:view_on_site": {"GET": NOWHERE_AT_DESK},
    "admin:app_list": {"GET": Row(SIGN_IN, SIGN_IN, ABSENT, OK, SIGN_IN)},
    "admin/(?P<url>.*)$": {"GET": NOWHERE_AT_DESK},
    **edited_at_desk("accounts_user"),
    "admin:accounts_user_add": {"GET": NO_RIGHT, "POST": NO_RIGHT},  # but for administrators
    "admin:accounts_user_delete": {"GET": NO_RIGHT, "POST": NO_RIGHT},  # but for administrators
    "admin:accounts_user_do": {"GET": NOWHERE_AT_DESK, "POST": NOWHERE_AT_DESK},  # nothing is to be done
    "admin:auth_user_password_change": {"GET": NO_RIGHT, "POST": NO_RIGHT},  # but for administrators
    "admin:chat_conversation_transcript": {"GET": RIGHT, "POST": RIGHT},
    **read_at_desk("auth_group"),
    **read_at_desk("account_emailaddress"),
    **read_at_desk("accounts_token"),
    **read_at_desk("mfa_authenticator"),
    **read_at_desk("chat_conversation"),
    **read_at_desk("chat_feedback"),
    **read_at_desk("generation_generation"),
    **read_at_desk("generation_worker"),
    **read_at_desk("oversight_auditentry"),
}
API: Rows = {
    "api:docs": {"GET": ANYBODY},
    "api:openapi": {"GET": ANYBODY},
    "api:socket-docs": {"GET": ANYBODY},
    "api:asyncapi": {"GET": ANYBODY},
    "api:me": {"GET": ACCESS},
    "api:models": {"GET": ACCESS},
    "api:tickets": {"POST": ACCESS},
    "api:events": {"GET": ACCESS},
    "api:conversation-events": {"GET": OWNER_READS},
    "api:conversations": {"GET": ACCESS, "POST": WRITES},
    "api:conversation": {"GET": OWNER_READS, "PATCH": OWNER_WRITES, "DELETE": OWNER_WRITES},
    "api:restore": {"POST": OWNER_WRITES},
    "api:messages": {"GET": OWNER_READS, "POST": OWNER_WRITES},
    "api:tree": {"GET": OWNER_READS},
    "api:queue": {"GET": OWNER_READS},
    "api:resume": {"POST": OWNER_WRITES},
    "api:queued": {"PATCH": OWNER_WRITES, "DELETE": OWNER_WRITES},
    "api:message": {"GET": OWNER_READS},
    "api:attempts": {"GET": OWNER_READS},
    "api:stop": {"POST": OWNER_WRITES},
    "api:continue": {"POST": OWNER_WRITES},
    "api:regenerate": {"POST": OWNER_WRITES},
    "api:edit": {"POST": OWNER_WRITES},
    "api:choose": {"POST": OWNER_WRITES},
    "api:feedback": {"GET": OWNER_READS, "POST": OWNER_WRITES, "DELETE": OWNER_WRITES},
}
ROUTES: Rows = {**PAGES, **SETTINGS, **ACCOUNTS, **ADMIN, **API}

COMMANDS = dict.fromkeys(  # of the page's socket: the same of every one, whatever it does
    (
        *("send", "rename", "delete", "restore", "pin", "unpin", "archive", "unarchive", "see"),
        *("stop", "continue", "regenerate", "edit", "choose", "like", "dislike", "unrate", "note"),
        *("revise", "withdraw", "resume", "draft", "discard", "use", "instruct"),
    ),
    OWNER,
)
ACTIONS = {  # of the socket of programs
    "ping": ACCESS,
    "subscribe": OWNER_READS,
    "subscribe_list": ACCESS,
    "unsubscribe": ACCESS,
    "send": OWNER_WRITES,
    "stop": OWNER_WRITES,
    "continue": OWNER_WRITES,
    "regenerate": OWNER_WRITES,
    "edit": OWNER_WRITES,
}
