/** Something in the database that drizzle has no word for: a trigger, a function, a full-text index. */
export interface SchemaObject {
  readonly name: string
  /** The table it stands on, and goes down with. */
  readonly table: string
  /** Whole statements, in order; more than one where a database keeps a trigger's body apart. */
  readonly create: readonly string[]
  readonly drop: readonly string[]
}
