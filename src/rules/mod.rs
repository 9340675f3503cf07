//! The list of rules, in the order of the catalogue, and nothing else.

mod bashism;
mod broken_json_form;
mod build_arg_at_runtime;
mod cannot_fail;
mod cannot_succeed;
mod command_in_one_word;
mod dependency_cycle;
mod disabled_with_test;
mod downgraded_dependency;
mod dropped_by_oci;
mod empty_test;
mod external_target;
mod foreign_binary;
mod head_refused;
mod health_budget;
mod heavy_probe;
mod host_variable;
mod idle_start_interval;
mod idle_start_period;
mod ignores_http_errors;
mod ignores_reply;
mod inherited_probe;
mod init_server_race;
mod inner_timeout;
mod invalid_duration;
mod invalid_healthcheck;
mod invalid_regex;
mod ipv6_localhost;
mod lost_healthcheck;
mod malformed_url;
mod matches_itself;
mod meaningless_retries;
mod misleading_pattern;
mod missing_healthcheck;
mod missing_script;
mod missing_shell;
mod missing_tool;
mod mutating_probe;
mod no_start_period;
mod one_shot_dependency;
mod operator_in_exec;
mod orphaned_client;
mod over_escaped_regex;
mod probe_too_often;
mod proxied_loopback;
mod retired_endpoint;
mod saves_response;
mod script_not_executable;
mod secret_in_probe;
mod settings_without_test;
mod slow_to_notice;
mod split_shell_command;
mod swallowed_text;
mod test_without_cmd;
mod timeout_too_short;
mod undefined_dependency;
mod unescaped_dollar;
mod unknown_setting;
mod unportable_regex;
mod unspecified_address;
mod unsupported_by_target;
mod unsupported_option;
mod unverified_tls;
mod unwatched_dependency;
mod unwritable_probe;
mod variable_in_exec;
mod wrong_identity;
mod wrong_port;
mod wrong_scheme;
mod zombie_wget;

use crate::rule::Rule;

/// Every rule.
pub const RULES: &[&Rule] = &[
    &missing_tool::RULE,
    &missing_shell::RULE,
    &missing_script::RULE,
    &script_not_executable::RULE,
    &foreign_binary::RULE,
    &bashism::RULE,
    &unsupported_option::RULE,
    &test_without_cmd::RULE,
    &split_shell_command::RULE,
    &operator_in_exec::RULE,
    &command_in_one_word::RULE,
    &broken_json_form::RULE,
    &variable_in_exec::RULE,
    &build_arg_at_runtime::RULE,
    &swallowed_text::RULE,
    &lost_healthcheck::RULE,
    &disabled_with_test::RULE,
    &unknown_setting::RULE,
    &invalid_healthcheck::RULE,
    &settings_without_test::RULE,
    &empty_test::RULE,
    &unescaped_dollar::RULE,
    &host_variable::RULE,
    &over_escaped_regex::RULE,
    &invalid_regex::RULE,
    &unportable_regex::RULE,
    &misleading_pattern::RULE,
    &cannot_fail::RULE,
    &cannot_succeed::RULE,
    &ignores_http_errors::RULE,
    &ignores_reply::RULE,
    &init_server_race::RULE,
    &matches_itself::RULE,
    &saves_response::RULE,
    &wrong_identity::RULE,
    &ipv6_localhost::RULE,
    &wrong_port::RULE,
    &wrong_scheme::RULE,
    &malformed_url::RULE,
    &proxied_loopback::RULE,
    &head_refused::RULE,
    &retired_endpoint::RULE,
    &external_target::RULE,
    &unspecified_address::RULE,
    &zombie_wget::RULE,
    &orphaned_client::RULE,
    &heavy_probe::RULE,
    &mutating_probe::RULE,
    &invalid_duration::RULE,
    &inner_timeout::RULE,
    &timeout_too_short::RULE,
    &no_start_period::RULE,
    &idle_start_period::RULE,
    &idle_start_interval::RULE,
    &probe_too_often::RULE,
    &slow_to_notice::RULE,
    &meaningless_retries::RULE,
    &health_budget::RULE,
    &unwatched_dependency::RULE,
    &one_shot_dependency::RULE,
    &dependency_cycle::RULE,
    &undefined_dependency::RULE,
    &inherited_probe::RULE,
    &downgraded_dependency::RULE,
    &dropped_by_oci::RULE,
    &unsupported_by_target::RULE,
    &secret_in_probe::RULE,
    &unverified_tls::RULE,
    &unwritable_probe::RULE,
    &missing_healthcheck::RULE,
];
