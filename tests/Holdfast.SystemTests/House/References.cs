using System.Reflection;
using System.Reflection.Emit;

namespace Holdfast.SystemTests.House;

/// <summary>
/// What a compiled type refers to: bases, interfaces, attributes, fields, signatures, constraints, locals and whatever the bodies of its
/// methods name. Constants are not seen, the compiler copies them: the sources' <c>using</c> lines tell of those.
/// </summary>
internal static class References
{
    private const BindingFlags Own =
        BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    private static readonly Dictionary<int, OpCode> Codes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!) // Each of these fields is a value.
        .ToDictionary(code => code.Value & 0xffff);

    public static IEnumerable<Type> Of(Type type) => Named(type).SelectMany(Parts).Distinct();

    private static IEnumerable<Type> Named(Type type) =>
        [
            .. type.BaseType is { } parent ? [parent] : Type.EmptyTypes,
            .. type.GetInterfaces(),
            .. Attributes(type),
            .. type.GetGenericArguments().Where(argument => argument.IsGenericParameter).SelectMany(Constraints),
            .. type.GetFields(Own).SelectMany(field => Attributes(field).Prepend(field.FieldType)),
            .. type.GetProperties(Own).SelectMany(property => Attributes(property).Prepend(property.PropertyType)),
            .. type.GetMembers(Own).OfType<MethodBase>().SelectMany(OfMethod),
        ];

    private static Type[] Constraints(Type parameter) => parameter.GetGenericParameterConstraints();

    private static IEnumerable<Type> Attributes(MemberInfo member) =>
        CustomAttributeData
            .GetCustomAttributes(member)
            .SelectMany(data =>
                data.ConstructorArguments.Concat(data.NamedArguments.Select(argument => argument.TypedValue))
                    .SelectMany(argument => argument.Value is Type value ? [argument.ArgumentType, value] : new[] { argument.ArgumentType })
                    .Prepend(data.AttributeType)
            );

    private static IEnumerable<Type> OfMethod(MethodBase method)
    {
        foreach (var named in Attributes(method).Concat(method.GetParameters().Select(parameter => parameter.ParameterType)))
        {
            yield return named;
        }

        if (method is MethodInfo { ReturnType: var returned })
        {
            yield return returned;
        }

        if (method.IsGenericMethodDefinition)
        {
            foreach (var constraint in method.GetGenericArguments().SelectMany(Constraints))
            {
                yield return constraint;
            }
        }

        if (method.GetMethodBody() is { } body)
        {
            var caught = body.ExceptionHandlingClauses.Where(clause => clause.Flags == ExceptionHandlingClauseOptions.Clause);
            foreach (
                var named in body
                    .LocalVariables.Select(local => local.LocalType)
                    .Concat(caught.Select(clause => clause.CatchType ?? typeof(object)))
                    .Concat(Tokens(body.GetILAsByteArray() ?? []).SelectMany(token => Resolved(method, token)))
            )
            {
                yield return named;
            }
        }
    }

    private static IEnumerable<int> Tokens(byte[] code)
    {
        for (var at = 0; at < code.Length;)
        {
            var value = code[at] == 0xfe ? 0xfe00 | code[at + 1] : code[at];
            at += value > 0xff ? 2 : 1;
            var operand = Codes[value].OperandType;
            if (operand is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok)
            {
                yield return BitConverter.ToInt32(code, at);
            }

            at += operand switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    private static IEnumerable<Type> Resolved(MethodBase method, int token)
    {
        var member = method.Module.ResolveMember(
            token,
            method.DeclaringType?.GetGenericArguments(),
            method.IsGenericMethodDefinition ? method.GetGenericArguments() : null
        );
        if (member is Type type)
        {
            yield return type;
        }
        else if (member?.DeclaringType is { } declaring)
        {
            yield return declaring;
        }

        if (member is MethodInfo { IsGenericMethod: true } generic)
        {
            foreach (var argument in generic.GetGenericArguments())
            {
                yield return argument;
            }
        }
    }

    /// <summary>A type and what it is made of: element, generic arguments, the type it is nested in.</summary>
    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType && type.GetElementType() is { } element ? Parts(element)
        : type.IsGenericParameter ? []
        : type.IsConstructedGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition())
        : [type];
}
