const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace']

/**
 * The routes that an API says it has: one that is new to it is abused by itself.
 *
 * @param {any} openapi The document that it serves.
 * @returns {Route[]}
 */
export const routesOf = (openapi) =>
  Object.entries(openapi.paths).flatMap(([path, operations]) =>
    METHODS.filter((method) => operations[method]).map((method) => ({
      method: method.toUpperCase(),
      path,
      isPublic: operations[method].security?.length === 0,
      namesSomething: path.includes('{'),
      query: (operations[method].parameters ?? []).filter(({ in: place }) => place === 'query').map(({ name }) => name),
      takesBody: operations[method].requestBody !== undefined,
    })),
  )

/**
 * @typedef {object} Route
 * @property {string} method
 * @property {string} path With its parameters in braces.
 * @property {boolean} isPublic Whether it needs no token.
 * @property {boolean} namesSomething Whether its path has a parameter.
 * @property {string[]} query The parameters of its query.
 * @property {boolean} takesBody
 */

/** The path of a route with the same value for each of its parameters, which is escaped already. */
export const filled = ({ path }, value) => path.replace(/\{[^}]+\}/g, () => value)
