"""What the product promises its readers, and the tests that hold it to that in a browser.

A test is named by its file, without `test_`, and its name, without `test_`.
"""

TRANSCRIPT = {
    "headings, lists, task lists, tables, quotes, maths": [
        "markdown::every_kind_of_block_is_drawn_as_what_it_is",
        "documents::streamed_page_is_the_reloaded_page",
    ],
    "footnotes": ["markdown::a_footnote_leads_to_its_note_and_back"],
    "tables scroll in their own box": ["code::wide_table_scrolls_in_a_box_that_the_keyboard_reaches"],
    "code with the label of its language and highlighting": [
        "markdown::code_says_its_language_and_is_coloured"
    ],
    "code is copied": ["composer::message_and_code_are_copied_as_they_were_written"],
    "code is wrapped": [
        "code::long_lines_wrap_at_the_press_of_a_key_in_every_block",
        "code::wrapping_is_remembered_and_holds_for_what_streams",
    ],
    "formulas, and a font for them": [
        "markdown::every_kind_of_block_is_drawn_as_what_it_is",
        "code::first_formula_brings_a_font_made_for_maths",
    ],
    "diagrams are drawn in a frame without rights, only when there is one": [
        "diagrams::every_kind_is_drawn_within_the_policy",
        "diagrams::page_without_diagrams_loads_nothing_to_draw_them",
        "diagrams::source_is_a_key_away",
    ],
    "a diagram that cannot be drawn shows its source": [
        "diagrams::what_cannot_be_drawn_stays_its_source",
        "diagrams::drawing_that_never_ends_is_given_up_and_the_page_goes_on",
    ],
    "live and reloaded rendering are the same": [
        "documents::streamed_page_is_the_reloaded_page",
        "drawing::streamed_page_is_the_reloaded_page",
        "diagrams::streamed_diagrams_are_the_reloaded_ones",
    ],
    "nothing half-written flashes": [
        "drawing::every_state_shown_is_a_prefix_of_the_end_and_of_what_is_stored"
    ],
    "hostile text runs nothing and asks nobody": [
        "documents::hostile_text_runs_nothing_and_asks_nobody",
        "diagrams::hostile_sources_run_nothing_and_ask_nobody",
    ],
    "copy as Markdown": ["composer::message_and_code_are_copied_as_they_were_written"],
    "edit": [
        "branches::first_question_is_edited_and_both_branches_stay",
        "branches::open_edit_outlives_what_happens_around_it",
    ],
    "regenerate": ["branches::answer_is_regenerated_beside_the_old_one_and_the_keyboard_leads_between_them"],
    "regenerate with another model": ["message_actions::another_model_writes_another_version"],
    "continue": ["endings::stop_ends_the_answer_and_continue_appends_to_it"],
    "versions": [
        "branches::first_question_is_edited_and_both_branches_stay",
        "stretch::another_version_of_an_old_message_is_shown_in_its_place",
    ],
    "feedback with a note": [
        "message_actions::a_verdict_is_shown_in_every_tab_changed_and_taken_back",
        "message_actions::a_note_is_written_in_a_sheet_and_the_keyboard_comes_back",
    ],
    "link to a message": [
        "message_actions::a_copied_link_leads_to_the_message",
        "stretch::a_link_opens_the_stretch_around_an_old_message",
    ],
    "details": [
        "message_actions::details_tell_how_the_answer_was_written",
        "message_actions::details_name_the_errors_of_earlier_attempts",
    ],
    "actions are quiet until needed, and reached by keyboard and finger": [
        "message_actions::an_action_shows_when_the_keyboard_reaches_it",
        "message_actions::a_finger_reaches_every_action",
    ],
    "follows the stream only at the end": ["holding::it_follows_only_a_reader_at_the_end"],
    "jump to the latest": ["stretch::the_way_back_leads_to_the_latest_at_once"],
    "never steals scroll, focus or selection": [
        "holding::text_selected_in_the_open_block_stays_selected_to_the_end",
        "holding::selection_across_blocks_and_messages_stays",
        "holding::a_code_block_that_is_being_written_keeps_its_scroll_and_focus",
        "holding::the_focus_on_an_action_outlives_what_comes_from_elsewhere",
        "holding::the_place_is_kept_when_something_above_it_changes_its_height",
    ],
    "the last page first, older ones as one scrolls, few in the page": [
        "stretch::the_newest_stretch_opens_at_its_end",
        "stretch::earlier_messages_come_as_the_reader_scrolls_and_the_place_is_kept",
        "stretch::a_page_never_holds_much_and_the_reader_comes_back_down_by_scrolling",
    ],
    "days and times of the reader": [
        "days::a_line_stands_where_a_day_begins_for_the_reader",
        "days::today_is_yesterday_past_midnight_without_a_reload",
        "days::a_zone_chosen_in_the_settings_counts_before_the_browsers",
    ],
    "stopped, interrupted and failed answers say what to do": [
        "endings::stop_ends_the_answer_and_continue_appends_to_it",
        "endings::failure_behind_text_keeps_it_and_the_next_try_stands_beside_it",
        "endings::cut_answer_is_continued_to_its_end",
    ],
    "every error is told in a sentence": [
        "endings::failure_before_any_text_says_so_plainly_and_is_tried_again_in_place",
        "model_server::refusal_is_told_in_a_plain_sentence",
    ],
}
COMPOSER = {
    "grows with its text": ["composer::box_grows_with_its_text_up_to_a_part_of_the_window"],
    "drafts are kept on the server": [
        "drafts::what_is_typed_here_is_there",
        "drafts::it_is_there_on_a_page_that_is_opened_later",
    ],
    "two drafts are both kept": [
        "drafts::two_drafts_are_both_kept_and_either_can_be_taken",
        "drafts::a_draft_from_elsewhere_can_be_thrown_away",
        "without_scripts::every_draft_is_offered_and_either_can_be_taken",
    ],
    "Enter, Shift and Enter": ["composer::shift_and_enter_break_the_line_and_enter_sends"],
    "a setting swaps them": ["composer::enter_breaks_the_line_for_whoever_wants_that"],
    "input methods": ["composer::enter_that_ends_a_composition_sends_nothing"],
    "arrow up recalls": [
        "composer::arrow_up_in_the_empty_box_edits_the_last_message",
        "composer::arrow_up_edits_what_waits_before_what_was_sent",
    ],
    "long text is pasted": [
        "composer::long_text_is_pasted_and_typed_into_without_work_for_all_of_it_at_each_key"
    ],
    "a hint near the limit": ["composer::room_is_told_near_the_limit_and_nothing_longer_is_sent"],
    "Send turns into Stop": ["queue::send_is_stop_only_while_the_box_is_empty"],
    "what is sent meanwhile waits in sight and goes in order": [
        "queue::messages_wait_for_the_answer_in_every_tab_and_go_in_order",
        "queue::the_queue_outlives_the_server",
        "queue::it_pauses_behind_an_answer_that_broke_off_until_somebody_sends_it",
    ],
    "what waits is edited or withdrawn": ["queue::what_waits_is_edited_and_withdrawn"],
    "what is sent without a connection goes out once": [
        "outbox::message_sent_offline_waits_in_sight_and_goes_out_once",
        "outbox::message_and_draft_outlive_a_reload",
    ],
}
AROUND = {
    "conversations by day": ["sidebar::another_day_draws_other_headings"],
    "pinned on top": ["list::what_is_pinned_stands_on_top_in_every_tab"],
    "live titles": ["tabs::new_conversation_and_its_title_appear_in_every_list"],
    "running and unread": ["list::an_answer_is_unread_until_somebody_looks_on_any_device"],
    "the list goes on as it is scrolled; titles are searched": [
        "list::the_list_goes_on_as_it_is_scrolled_and_titles_are_found",
        "list::search_without_a_result_says_so",
    ],
    "rename": [
        "list::title_given_in_the_list_is_shown_in_every_tab",
        "list::title_given_in_the_header_is_kept",
    ],
    "archive": ["list::what_is_archived_is_in_the_archive_until_it_is_taken_back"],
    "delete, with undo": [
        "list::deleting_takes_the_conversation_from_every_tab_and_undo_brings_it_back",
        "list::deleting_by_keyboard_leads_to_undo_and_back_to_the_list",
    ],
    "the sidebar folds": ["sidebar::it_is_remembered_and_undone"],
    "a drawer on phones": ["sidebar::behind_it_there_is_nothing_until_it_is_closed"],
    "new conversation": ["tabs::new_conversation_and_its_title_appear_in_every_list"],
    "choice of the model": [
        "choices::the_model_is_chosen_by_keyboard_and_the_same_in_every_tab",
        "choices::one_model_is_no_choice",
    ],
    "instructions of a person": ["preferences::instructions_of_a_person_are_told_to_the_model"],
    "instructions of a conversation": ["choices::instructions_are_told_to_the_model_and_shown_in_every_tab"],
    "palette": [
        "palette::it_opens_a_conversation_found_by_its_title",
        "palette::it_does_things_to_the_shown_conversation",
        "palette::it_leads_everywhere",
    ],
    "shortcuts": [
        "palette::the_sheet_lists_what_there_is_and_can_switch_single_keys_off",
        "palette::keys_lead_from_the_box_through_the_page_and_back",
    ],
    "settings: profile": ["preferences::a_name_stands_for_the_address_in_the_list"],
    "settings: email": ["preferences::another_address_is_added_and_taken_away"],
    "settings: appearance": ["settings::chosen_theme_wins_over_the_systems"],
    "settings: language": ["preferences::a_chosen_language_is_spoken_on_every_page"],
    "settings: default model": ["choices::a_new_conversation_begins_with_the_model_of_the_settings"],
    "settings: composer": ["composer::enter_breaks_the_line_for_whoever_wants_that"],
    "security: password": [
        "preferences::a_changed_password_is_the_one_that_lets_in",
        "accounts::mailed_link_sets_a_new_password_and_ends_every_session",
    ],
    "security: authenticator app and recovery codes": [
        "second_factors::authenticator_app_is_asked_for_at_the_next_sign_in"
    ],
    "security: passkeys": [
        "second_factors::passkey_signs_in_without_a_password",
        "second_factors::passkey_confirms_a_password_and_is_renamed_and_removed",
    ],
    "security: devices": [
        "settings::signing_out_a_device_closes_its_pages",
        "accounts::sign_out_in_one_tab_ends_the_other",
    ],
    "security: tokens for programs": [
        "tokens::a_token_is_made_copied_and_shown_once",
        "tokens::a_token_that_is_reloaded_is_neither_shown_nor_made_again",
        "tokens::a_token_is_revoked_after_a_second_thought",
        "tokens::it_all_works_without_scripts",
    ],
    "who of the staff read what, and why": [
        "administration::who_read_what_is_told_to_whom_it_belongs",
        "administration::a_long_record_goes_on",
    ],
    "delete account": ["settings::deleted_account_takes_its_pages_along"],
    "pages of the entrance": [
        "newcomer::newcomer_signs_up_says_hello_and_loses_nothing_to_a_reload",
        "accounts::wrong_password_is_told_in_words_and_the_right_one_lets_in",
        "screens::states",
    ],
    "empty states that teach": [
        "controls::a_beginning_is_put_into_the_box",
        "list::search_without_a_result_says_so",
        "axe::axe_finds_nothing",
    ],
    "error pages": [
        "errors::what_is_not_there_leads_back",
        "errors::a_form_that_is_out_of_date_is_told_so",
        "errors::what_breaks_is_told_in_words",
        "accounts::no_one_else_reaches_the_administration",
    ],
    "no connection": [
        "offline::a_page_that_cannot_be_loaded_says_so_and_comes_back_by_itself",
        "offline::a_server_that_is_down_is_told_likewise",
    ],
    "plain forms, without scripts": [
        "drafts::a_draft_is_shown_and_sent_without_scripts",
        "composer::without_scripts_what_is_refused_is_in_the_box_again",
        "queue::without_scripts_messages_wait_and_are_changed_by_forms",
        "choices::without_scripts_both_are_chosen_by_forms",
        "list::everything_works_without_scripts",
        "message_actions::it_all_works_without_scripts",
        "stretch::a_long_one_is_read_without_scripts",
    ],
    "another way when the socket is missing": [
        "outbox::message_takes_another_way_when_the_socket_takes_nothing",
        "liveness::page_that_wakes_on_a_dead_connection_gets_another",
    ],
    "title and icon tell of an answer": ["sidebar::a_tab_says_that_its_answer_is_being_written_and_ready"],
    "notifications": [
        "sidebar::a_notification_comes_to_those_who_want_it",
        "settings::notifications_ask_the_browser_only_when_switched_on",
    ],
}
FOR_EVERYBODY = {
    "nothing keeps anybody out": [
        "axe::axe_finds_nothing",
        "axe::axe_finds_nothing_on_the_way",
        "axe::axe_finds_nothing_where_models_are_chosen",
    ],
    "everything by keyboard, the focus in sight": ["keyboard::a_visit_needs_no_mouse"],
    "skip link": ["layout::the_stop_before_the_list_skips_to_the_conversation"],
    "targets are large enough": ["message_actions::a_finger_reaches_every_action", "axe::axe_finds_nothing"],
    "an answer is announced once": ["reading::an_answer_is_announced_once_as_it_begins_and_once_as_it_ends"],
    "every block in its own direction": ["reading::every_block_is_read_in_its_own_direction"],
    "German": [
        "german::nothing_sticks_out_of_a_narrow_page",
        "german::keys_are_named_as_on_a_german_keyboard",
        "preferences::a_chosen_language_is_spoken_on_every_page",
    ],
}
DESIGN = {
    "a column of 65 to 75 characters": ["layout::a_line_of_text_is_as_long_as_is_easy_to_read"],
    "little motion for those who want that": ["layout::nothing_moves_for_whoever_wants_that"],
    "light and dark": ["settings::chosen_theme_wins_over_the_systems"],
    "windows of every size": ["layout::nothing_is_wider_than_the_window"],
    "paper": ["reading::only_the_transcript_is_printed_and_light"],
    "pictures of it": [
        "screens::answer",
        "screens::states",
        "screens::walks",
        "screens::composer",
        "screens::extremes",
    ],
}
SPEED = {
    "a light page": ["weight::a_chat_page_is_light"],
    "the transcript before any script": [
        "without_scripts::a_transcript_is_there_before_any_script",
        "without_scripts::no_script_holds_up_the_first_paint",
    ],
}
ITEMS = TRANSCRIPT | COMPOSER | AROUND | FOR_EVERYBODY | DESIGN | SPEED
