import type { NextConfig } from "next";

const config: NextConfig = {
  // Here the packages are sources; those that npm installs need none of this.
  transpilePackages: [
    "@assistants-budget/core",
    "@assistants-budget/fetch",
    "@assistants-budget/store-sqlite",
  ],
};

export default config;
