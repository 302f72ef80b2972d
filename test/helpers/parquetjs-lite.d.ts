/** The part of parquetjs-lite that tests and benches use: the package has no types of its own. */
declare module 'parquetjs-lite' {
  interface FieldDefinition {
    readonly type: string;
    readonly optional?: boolean;
    readonly compression?: string;
  }
  class ParquetSchema {
    constructor(fields: Readonly<Record<string, FieldDefinition>>);
  }
  class ParquetWriter {
    static openFile(schema: ParquetSchema, file: string): Promise<ParquetWriter>;
    appendRow(row: Readonly<Record<string, unknown>>): Promise<void>;
    close(): Promise<void>;
  }
  class ParquetReader {
    static openFile(file: string): Promise<ParquetReader>;
    getCursor(): { next(): Promise<Record<string, unknown> | null> };
    close(): Promise<void>;
  }
  const parquetjs: {
    readonly ParquetSchema: typeof ParquetSchema;
    readonly ParquetWriter: typeof ParquetWriter;
    readonly ParquetReader: typeof ParquetReader;
  };
  export default parquetjs;
}
