// The rules that the Odoo Community Association's template switches on, for code that is a module.
import { createRequire } from "node:module";

const load = createRequire(`${process.env.OMEET_LINT_PACKAGES}/`);
const globals = load("globals");

const FAULTS = `array-callback-return block-scoped-var complexity consistent-return curly default-case eqeqeq no-alert no-caller
    no-constructor-return no-debugger no-delete-var no-dupe-args no-dupe-class-members no-dupe-else-if no-dupe-keys no-duplicate-case
    no-else-return no-empty no-empty-function no-eval no-ex-assign no-extend-native no-extra-bind no-fallthrough no-func-assign
    no-global-assign no-implicit-globals no-implied-eval no-import-assign no-inner-declarations no-invalid-regexp no-irregular-whitespace
    no-iterator no-lone-blocks no-lonely-if no-loop-func no-new no-new-func no-new-wrappers no-obj-calls no-octal no-promise-executor-return
    no-proto no-prototype-builtins no-redeclare no-return-assign no-script-url no-self-assign no-self-compare no-sequences no-setter-return
    no-shadow no-shadow-restricted-names no-template-curly-in-string no-throw-literal no-undef no-unmodified-loop-condition
    no-unreachable no-unsafe-finally no-unsafe-optional-chaining no-unused-vars no-use-before-define no-useless-call
    no-useless-catch no-useless-computed-key no-useless-concat no-useless-escape no-useless-rename no-useless-return no-var no-with
    object-shorthand prefer-const prefer-rest-params prefer-spread prefer-template radix require-atomic-updates use-isnan valid-typeof`;

const rules = Object.fromEntries(FAULTS.split(/\s+/).map((name) => [name, "error"]));

export default [
    {
        files: ["**/*.js"],
        languageOptions: {
            ecmaVersion: 2022,
            sourceType: "module",
            globals: { ...globals.browser, luxon: "readonly", odoo: "readonly" },
        },
        linterOptions: { reportUnusedDisableDirectives: "error" },
        rules: {
            ...rules,
            complexity: ["error", 15],
            eqeqeq: ["error", "always", { null: "ignore" }],
            "no-use-before-define": ["error", { functions: false }],
            "consistent-return": "off",
            "require-atomic-updates": "off",
            "no-inner-declarations": "off",
            "array-callback-return": ["error", { allowImplicit: true }],
        },
    },
];
