import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const onlyKitKnowsMantine = {
  group: ["@mantine/*"],
  message: "Import components from @/kit: Mantine stays behind that one folder.",
};
const neverCodemirrorPackage = {
  regex: "^codemirror$",
  message: "That name may install version 5: use the @codemirror/* packages.",
};
const sharedImportsNoFeature = { group: ["@/features/*", "@/app/*"], message: "Shared code may not import a page." };
const featuresStandAlone = {
  group: ["@/features/*", "@/app/*"],
  message: "A feature imports shared code and its own files (./) only.",
};

const restrict = (...patterns) => ({
  "no-restricted-imports": ["error", { patterns: [neverCodemirrorPackage, ...patterns] }],
});

export default tseslint.config(
  { ignores: ["node_modules", "src/api/schema.d.ts"] },
  ...tseslint.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      eqeqeq: "error",
      "no-console": "error",
      "max-lines": ["error", 400],
      "@typescript-eslint/consistent-type-imports": "error",
      ...restrict(onlyKitKnowsMantine),
    },
  },
  {
    files: ["src/{shared,api,i18n,charts,editor,builder,icons}/**/*.{ts,tsx}"],
    rules: restrict(onlyKitKnowsMantine, sharedImportsNoFeature),
  },
  {
    files: ["tracker/**/*.ts"],
    rules: {
      eqeqeq: "error",
      "max-lines": ["error", 400],
      "@typescript-eslint/consistent-type-imports": "error",
      "no-restricted-imports": [
        "error",
        { patterns: [{ regex: "^(?!\\.|vitest$)", message: "The tracker depends on nothing." }] },
      ],
    },
  },
  { files: ["src/features/**/*.{ts,tsx}"], rules: restrict(onlyKitKnowsMantine, featuresStandAlone) },
  { files: ["src/kit/**/*.{ts,tsx}"], rules: restrict(sharedImportsNoFeature) },
);
