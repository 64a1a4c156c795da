using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Holdfast.Server.Http;

/// <summary>What an error's body says. <see cref="Code"/> is written by the families that have codes of their own.</summary>
internal readonly record struct ErrorBody(ApiFamily Family, int Status, string Code, string Message)
{
    /// <param name="code">Null or empty for the family's own code of the status.</param>
    public static ErrorBody Of(ApiFamily family, int status, string? code, string message) =>
        new(family, status, string.IsNullOrEmpty(code) ? VbsErrors.CodeOf(family, status) : code, message);

    public static void Write(Utf8JsonWriter json, ErrorBody error)
    {
        json.WriteStartObject();
        json.WriteStartObject(error.Family == ApiFamily.Native ? VbsErrors.NativeNameOf(error.Status) : "error");
        if (error.Family is ApiFamily.Native or ApiFamily.Identity)
        {
            json.WriteNumber("code", error.Status);
        }
        else
        {
            json.WriteString("code", error.Code);
        }

        json.WriteString("message", error.Message);
        if (error.Family == ApiFamily.Identity)
        {
            json.WriteString("title", ReasonPhrases.GetReasonPhrase(error.Status));
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
