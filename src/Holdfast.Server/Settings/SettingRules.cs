using System.ComponentModel.DataAnnotations;
using System.Numerics;
using Holdfast.Control.Catalog;
using Holdfast.Control.Notifications;
using Holdfast.Control.Users;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;

namespace Holdfast.Server.Settings;

/// <summary>What the text of a setting is, said as the end of a sentence that begins with its name.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal abstract class TextRuleAttribute : ValidationAttribute
{
    /// <summary>What is wrong, or null.</summary>
    public abstract string? TroubleOf(string text);

    public override bool IsValid(object? value) => value is null || TroubleOf(value.ToString() ?? "") is null;
}

/// <summary>Its value is not told when it is wrong.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute;

internal sealed class NotEmptyAttribute(string rule) : TextRuleAttribute
{
    public override string? TroubleOf(string text) => text.Length > 0 ? null : rule;
}

internal sealed class ListenAddressRuleAttribute : TextRuleAttribute
{
    public override string? TroubleOf(string text) => ListenAddress.Parse(text) is not null ? null : ListenAddress.Rule;
}

internal sealed class WebAddressAttribute(string rule) : TextRuleAttribute
{
    public override string? TroubleOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url is { Scheme: "http" or "https", Query: "", Fragment: "", UserInfo: "" }
            ? null
            : rule;
}

internal sealed class HostNameAttribute : TextRuleAttribute
{
    public override string? TroubleOf(string text) =>
        Uri.CheckHostName(text) != UriHostNameType.Unknown ? null : "is the name or address of a machine, without a port";
}

internal sealed class MailAddressAttribute : TextRuleAttribute
{
    public override string? TroubleOf(string text) =>
        TargetRules.TryParseMailbox(text) is not null ? null : "is an address like holdfast@example.com";
}

internal sealed class NetworksAttribute : TextRuleAttribute
{
    public override string? TroubleOf(string text) =>
        ForwardedRequests.Parse(text) is not null ? null : "is a list of IP addresses and networks like 10.0.0.1, 10.1.0.0/16";
}

internal sealed class PostgresTextAttribute : TextRuleAttribute
{
    public override string? TroubleOf(string text) => CatalogPlace.PostgresTroubleOf(text);
}

internal sealed class CompressionNameAttribute : TextRuleAttribute
{
    public override string? TroubleOf(string text) => CompressionNames.TryParse(text) is not null ? null : "is fast, default or small";
}

internal sealed class RepositoryAddressRuleAttribute : TextRuleAttribute
{
    public override string? TroubleOf(string text)
    {
        try
        {
            RepositoryAddress.Parse(text, path => path);
            return null;
        }
        catch (HoldfastException e)
        {
            return $"is a folder or an address like s3://bucket/prefix?endpoint=URL ({e.Message.TrimEnd('.')})";
        }
    }
}

internal sealed class PowerOfTwoAttribute : TextRuleAttribute
{
    public override string? TroubleOf(string text) =>
        BigInteger.TryParse(text, out var number) && number.IsPowerOfTwo ? null : "is a power of two";
}

/// <summary>A role that all members have would make an operator of each of them.</summary>
internal sealed class OperatorRoleAttribute : TextRuleAttribute
{
    public override string? TroubleOf(string text) =>
        text.Length > 0 && new KeystoneSettings().RoleOf(text) is null or Role.Admin
            ? null
            : "is the name of a role, and not of one that makes a member or reader";
}
