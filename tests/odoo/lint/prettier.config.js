// The rules of the Odoo Community Association's template; lines may be as long as everywhere in this repository.
import { createRequire } from "node:module";

// Plugins are installed outside the repository.
const { resolve } = createRequire(`${process.env.OMEET_LINT_PACKAGES}/`);

export default {
    plugins: [resolve("@prettier/plugin-xml")],
    bracketSpacing: false,
    printWidth: 140,
    tabWidth: 4,
    proseWrap: "always",
    semi: true,
    trailingComma: "es5",
    xmlWhitespaceSensitivity: "preserve",
};
