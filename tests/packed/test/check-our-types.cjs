/** `node check-our-types.cjs <compiler>`, run in a project: checks its program and our declarations, and nobody else's. */
const ts = require(process.argv[2])

const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd())
const program = ts.createProgram(fileNames, options)
const ours = program
  .getSourceFiles()
  .filter((file) => file.fileName.includes('/@holdfast/') || fileNames.includes(file.fileName))
const diagnostics = [
  ...program.getOptionsDiagnostics(),
  ...ours.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
]
const problems = diagnostics.map(
  ({ file, messageText }) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
)
console.log(JSON.stringify({ seen: ours.length - fileNames.length, problems }))
