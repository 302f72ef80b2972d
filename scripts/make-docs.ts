/** Writes everything in docs/ and schema/ that is generated. Tests compare each with what is committed. */
await import('./make-schema.ts');
await import('./make-layers.ts');
await import('./make-alert-docs.ts');
await import('./make-manifest-docs.ts');
await import('./make-model-docs.ts');
await import('./make-cli-docs.ts');
await import('./make-artifact-docs.ts');
await import('./make-bucket-docs.ts');
