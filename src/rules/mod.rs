//! The list of rules, in the order of the catalogue, and nothing else.

mod broken_json_form;
mod command_in_one_word;
mod idle_start_interval;
mod idle_start_period;
mod invalid_duration;
mod invalid_healthcheck;
mod lost_healthcheck;
mod no_start_period;
mod operator_in_exec;
mod split_shell_command;
mod test_without_cmd;
mod unescaped_dollar;
mod unknown_setting;
mod unwatched_dependency;
mod variable_in_exec;

use crate::rule::Rule;

/// Every rule.
pub const RULES: &[&Rule] = &[
    &test_without_cmd::RULE,
    &split_shell_command::RULE,
    &operator_in_exec::RULE,
    &command_in_one_word::RULE,
    &broken_json_form::RULE,
    &variable_in_exec::RULE,
    &lost_healthcheck::RULE,
    &unknown_setting::RULE,
    &invalid_healthcheck::RULE,
    &unescaped_dollar::RULE,
    &invalid_duration::RULE,
    &no_start_period::RULE,
    &idle_start_period::RULE,
    &idle_start_interval::RULE,
    &unwatched_dependency::RULE,
];
